import { randomBytes } from 'node:crypto';
import type { Moment } from './time.ts';

/** Names one execution: sortable by its start, unique by 48 random bits, safe in keys and file names. */
export function newRunId(now: Moment): string {
  return `${now.slice(0, 19).replace(/[-:]/g, '')}Z-${randomBytes(6).toString('hex')}`;
}
