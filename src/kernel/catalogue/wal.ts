import { defineErrors } from './entry.ts';

export const walErrors = defineErrors({});
