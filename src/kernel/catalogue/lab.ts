import { defineErrors } from './entry.ts';

export const labErrors = defineErrors({});
