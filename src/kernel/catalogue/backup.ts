import { defineErrors } from './entry.ts';

export const backupErrors = defineErrors({});
