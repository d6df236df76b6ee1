import type { FailedAttempt, History, HistoryEntry } from './history.ts';
import type { Migration } from './read-migrations.ts';

/**
 * applied · pending: a file that is not applied · changed: applied from another text · missing: applied, and there is no file ·
 * incomplete: begun outside a transaction and not seen to end
 */
export type MigrationState = 'applied' | 'pending' | 'changed' | 'missing' | 'incomplete';

/** One version as the files and the database have it. */
export interface ComparedMigration {
  version: number;
  name: string;
  state: MigrationState;
  /** Pending, and an applied version is newer. */
  outOfOrder: boolean;
  file?: Migration;
  entry?: HistoryEntry;
  lastFailure?: FailedAttempt;
}

/** Joins files and history by version, in order. */
export function compareWithHistory(migrations: readonly Migration[], history: History): ComparedMigration[] {
  const files = new Map(migrations.map((file) => [file.version, file]));
  const entries = new Map(history.entries.map((entry) => [entry.version, entry]));
  const failures = new Map(history.failures.map((failure) => [failure.version, failure]));
  const newest = Math.max(0, ...history.entries.filter((entry) => entry.success).map((entry) => entry.version));
  const versions = [...new Set([...files.keys(), ...entries.keys()])].sort((a, b) => a - b);
  return versions.map((version) => {
    const file = files.get(version);
    const entry = entries.get(version);
    const lastFailure = failures.get(version);
    const state = stateOf(file, entry);
    return {
      version,
      name: file?.name ?? entry?.name ?? '',
      state,
      outOfOrder: state === 'pending' && version < newest,
      ...(file === undefined ? {} : { file }),
      ...(entry === undefined ? {} : { entry }),
      ...(lastFailure === undefined ? {} : { lastFailure }),
    };
  });
}

function stateOf(file: Migration | undefined, entry: HistoryEntry | undefined): MigrationState {
  if (entry === undefined) return 'pending';
  if (file === undefined) return 'missing';
  // An incomplete one may be edited: what failed has to be mended before it is run again.
  if (!entry.success) return 'incomplete';
  return file.up.checksum === entry.checksum ? 'applied' : 'changed';
}
