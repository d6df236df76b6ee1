import { backupErrors } from './catalogue/backup.ts';
import type { CatalogueEntry } from './catalogue/entry.ts';
import { frameErrors } from './catalogue/frame.ts';
import { labErrors } from './catalogue/lab.ts';
import { migrationErrors } from './catalogue/migrations.ts';
import { objectErrors } from './catalogue/objects.ts';
import { platformErrors } from './catalogue/platform.ts';
import { postgresErrors } from './catalogue/postgres.ts';
import { repositoryErrors } from './catalogue/repository.ts';
import { restoreErrors } from './catalogue/restore.ts';
import { walErrors } from './catalogue/wal.ts';

const entries = {
  ...frameErrors,
  ...platformErrors,
  ...postgresErrors,
  ...objectErrors,
  ...repositoryErrors,
  ...walErrors,
  ...backupErrors,
  ...restoreErrors,
  ...migrationErrors,
  ...labErrors,
};

export type ErrorCode = keyof typeof entries;

/** Every code with its exit class, title, page and default next steps. `explain CODE` prints it. */
export const errorCatalogue: Readonly<Record<ErrorCode, CatalogueEntry>> = entries;

export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(entries, text);
}
