import { OpsError } from '#kernel/errors';
import { checksumOf, unifyLineEnds } from './checksum.ts';
import type { ComparedMigration } from './compare.ts';
import { versionLabel } from './file-name.ts';
import type { MigrationWork } from './migration-work.ts';
import type { SqlFile } from './read-migrations.ts';
import { readScript } from './read-script.ts';

/** Where a rollback is taken from when the R file and the stored one differ. */
export type RollbackSource = 'file' | 'history';

/** @throws MIGRATION_EMPTY, MIGRATION_UNSUPPORTED, MIGRATION_MIXED */
export function prepareUp(chosen: readonly ComparedMigration[]): MigrationWork[] {
  return chosen.flatMap(({ version, name, file, entry }) =>
    file === undefined
      ? []
      : [
          {
            direction: 'up' as const,
            version,
            name,
            checksum: file.up.checksum,
            script: readScript(file.up),
            rollbackSql: file.down?.text,
            rerun: entry?.success === false,
          },
        ],
  );
}

/** @throws MIGRATION_ROLLBACK_MISSING, MIGRATION_ROLLBACK_CHANGED, MIGRATION_EMPTY, MIGRATION_UNSUPPORTED, MIGRATION_MIXED */
export function prepareDown(chosen: readonly ComparedMigration[], source: RollbackSource | undefined): MigrationWork[] {
  return chosen.flatMap((migration) => {
    const { version, name, entry } = migration;
    if (entry === undefined) return [];
    const script = readScript(chooseRollback(migration, source));
    return [{ direction: 'down' as const, version, name, checksum: entry.checksum, script, rollbackSql: undefined, rerun: !entry.success }];
  });
}

function chooseRollback({ version, name, file, entry }: ComparedMigration, source: RollbackSource | undefined): SqlFile {
  const label = `${versionLabel(version)}_${name}`;
  const fromFile = file?.down;
  const fromHistory = entry?.rollbackSql == null ? undefined : storedRollback(version, entry.rollbackSql);
  if (source === undefined && fromFile && fromHistory && fromFile.checksum !== fromHistory.checksum)
    throw new OpsError('MIGRATION_ROLLBACK_CHANGED', {
      message: `${fromFile.path} is not the rollback that was stored with ${label}`,
      details: { version, file: fromFile.path },
    });
  const chosen = source === undefined ? (fromFile ?? fromHistory) : source === 'file' ? fromFile : fromHistory;
  if (chosen === undefined)
    throw new OpsError('MIGRATION_ROLLBACK_MISSING', {
      message:
        source === undefined
          ? `${label} has no rollback`
          : `${label} has no rollback in the ${source === 'file' ? 'directory' : 'history'}`,
      details: { version },
    });
  return chosen;
}

function storedRollback(version: number, sql: string): SqlFile {
  const text = unifyLineEnds(sql);
  return { path: `schema_rollbacks[${version}]`, text, checksum: checksumOf(text) };
}
