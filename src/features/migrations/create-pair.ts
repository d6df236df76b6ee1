import { join } from 'node:path';
import { OpsError } from '#kernel/errors';
import { createFileExclusive } from '#platform/atomic-file';
import { versionLabel } from './file-name.ts';
import type { Migration } from './read-migrations.ts';

export interface NewPair {
  version: number;
  up: string;
  down: string;
}

/** The next version after the newest file. @param name as it stands in file names */
export function nextPair(directory: string, migrations: readonly Migration[], name: string): NewPair {
  const version = Math.max(0, ...migrations.map((migration) => migration.version)) + 1;
  const fileName = `${versionLabel(version)}_${name}.sql`;
  return { version, up: join(directory, fileName), down: join(directory, `R${fileName.slice(1)}`) };
}

/** "Add avatar-url" → "add_avatar_url"; undefined when nothing is left of it. */
export function normaliseName(text: string): string | undefined {
  const name = text
    .trim()
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^_+|_+$/g, '');
  return name === '' || name.length > 100 ? undefined : name;
}

/** Writes V before R: a V without R is a migration, an R without V is a mistake. @throws MIGRATION_EXISTS, NodeJS.ErrnoException */
export async function createPair({ up, down }: NewPair): Promise<void> {
  for (const [path, text] of [
    [
      up,
      '-- Runs in one transaction with its history row: no BEGIN or COMMIT here.\n-- CREATE INDEX CONCURRENTLY and the like: alone in a migration of their own.\n',
    ],
    [down, '-- Takes back exactly what the V file did. No R file = it cannot be taken back.\n'],
  ] as const) {
    if ((await createFileExclusive(path, text)) === 'exists')
      throw new OpsError('MIGRATION_EXISTS', { message: `${path} exists already`, details: { file: path } });
  }
}
