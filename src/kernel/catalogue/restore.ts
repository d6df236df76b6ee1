import { defineErrors } from './entry.ts';

export const restoreErrors = defineErrors({});
