import { afterAll } from 'vitest';
import { reapFile } from './reaper.ts';

afterAll(reapFile, 60_000);
