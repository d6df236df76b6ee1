import type { Reporter } from '#kernel/events';
import type { PostgresClient } from '#stores/postgres/connect';
import type { Script } from './read-script.ts';
import type { SessionLimits } from './session.ts';

/** One version in one direction, ready to run. */
export interface MigrationWork {
  direction: 'up' | 'down';
  version: number;
  name: string;
  /** Of the V file; on the way down, the one in the history. */
  checksum: string;
  script: Script;
  /** Stored on the way up; undefined when there is no R file. */
  rollbackSql: string | undefined;
  /** It was begun before and not seen to end. */
  rerun: boolean;
}

/** What a run of migrations works with. */
export interface MigrationRun {
  /** Runs the statements. Its session is reset before each migration. */
  main: PostgresClient;
  /** Another session, never in a transaction for longer than a statement: what it records survives a failure of `main`. */
  recorder: PostgresClient;
  runId: string;
  reporter: Reporter;
  signal: AbortSignal;
  limits: SessionLimits;
}
