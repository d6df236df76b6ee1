import { defineErrors } from './entry.ts';

export const platformErrors = defineErrors({});
