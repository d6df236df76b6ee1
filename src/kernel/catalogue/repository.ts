import { defineErrors } from './entry.ts';

export const repositoryErrors = defineErrors({});
