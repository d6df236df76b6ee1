import { defineErrors } from './entry.ts';

export const migrationErrors = defineErrors({});
