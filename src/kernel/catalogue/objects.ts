import { defineErrors } from './entry.ts';

export const objectErrors = defineErrors({});
