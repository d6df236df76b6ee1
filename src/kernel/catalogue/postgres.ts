import { defineErrors } from './entry.ts';

export const postgresErrors = defineErrors({});
