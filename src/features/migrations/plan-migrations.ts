import { OpsError } from '#kernel/errors';
import type { ComparedMigration } from './compare.ts';
import { versionLabel } from './file-name.ts';

export interface Range {
  /** Up: the last version to apply. Down: the version that is the newest afterwards; 0 = none. */
  to?: number;
  /** At most so many. */
  steps?: number;
}

/**
 * The versions to apply, oldest first. Pure.
 * @throws MIGRATION_CHANGED, MIGRATION_FILE_MISSING, MIGRATION_OUT_OF_ORDER, MIGRATION_UNKNOWN_VERSION
 */
export function planUp(compared: readonly ComparedMigration[], { to, steps }: Range): ComparedMigration[] {
  refuseStates(compared, 'changed', 'MIGRATION_CHANGED', 'was edited after it was applied');
  refuseStates(compared, 'missing', 'MIGRATION_FILE_MISSING', 'is applied but has no file');
  if (to !== undefined && !compared.some(({ version }) => version === to)) throw unknownVersion(to);
  const chosen = compared
    .filter(({ state, version }) => (state === 'pending' || state === 'incomplete') && version <= (to ?? Number.POSITIVE_INFINITY))
    .slice(0, steps);
  const late = chosen.filter(({ outOfOrder }) => outOfOrder);
  if (late.length > 0)
    throw new OpsError('MIGRATION_OUT_OF_ORDER', {
      message: `${list(late)} is older than what is applied already`,
      details: { versions: late.map(({ version }) => version) },
    });
  return chosen;
}

/**
 * The versions to roll back, newest first; one unless told otherwise. Pure. Changed and missing files do not matter: their
 * rollbacks are in the database. @throws MIGRATION_UNKNOWN_VERSION
 */
export function planDown(compared: readonly ComparedMigration[], { to, steps }: Range): ComparedMigration[] {
  const there = compared.filter(({ entry }) => entry !== undefined).reverse();
  if (to !== undefined && to !== 0 && !there.some(({ version }) => version === to)) throw unknownVersion(to);
  return there.filter(({ version }) => version > (to ?? 0)).slice(0, steps ?? (to === undefined ? 1 : undefined));
}

function refuseStates(
  compared: readonly ComparedMigration[],
  state: ComparedMigration['state'],
  code: 'MIGRATION_CHANGED' | 'MIGRATION_FILE_MISSING',
  what: string,
): void {
  const found = compared.filter((migration) => migration.state === state);
  if (found.length === 0) return;
  throw new OpsError(code, {
    message: `${list(found)} ${what}`,
    detail: found
      .map((it) => `${versionLabel(it.version)}: applied ${it.entry?.checksum ?? ''}, file ${it.file?.up.checksum ?? 'missing'}`)
      .join('\n'),
    details: { versions: found.map(({ version }) => version), files: found.map(({ file }) => file?.up.path ?? null) },
  });
}

function list(migrations: readonly ComparedMigration[]): string {
  return migrations.map(({ version, name }) => `${versionLabel(version)}_${name}`).join(', ');
}

function unknownVersion(version: number): OpsError {
  return new OpsError('MIGRATION_UNKNOWN_VERSION', { message: `There is no version ${versionLabel(version)}`, details: { version } });
}
