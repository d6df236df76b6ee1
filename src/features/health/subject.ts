import { describeServer, type ServerFacts } from '#features/recovery/base/server-facts';
import type { Clock } from '#kernel/time';
import type { Repository } from '#repository/open';
import type { PostgresClient } from '#stores/postgres/connect';

/** What is looked at. Opened on first use and shared by the checks; what cannot be opened fails alike for all of them. */
export interface Subject {
  configPath: string;
  /** Files that hold secrets, with the setting that names each. */
  secretFiles: readonly { setting: string; path: string }[];
  /** true when the configuration itself holds a secret. */
  configHoldsSecret: boolean;
  /** undefined when the configuration has no PostgreSQL. */
  postgres: { client(): Promise<PostgresClient>; server(): Promise<ServerState>; binDir: string | undefined } | undefined;
  repositories: readonly { name: string; open(): Promise<Repository> }[];
  /** Our own bin/copilot-db-wal. */
  wrapper: string;
  rpoMinutes: number;
  /** How long the marker of the round trip may take. */
  walWaitMs: number;
  clock: Clock;
  runId: string;
  env: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
}

export interface ServerState {
  facts: ServerFacts;
  archiveCommand: string;
  archiveTimeoutSeconds: number;
  walLevel: string;
  /** Moments are RFC 3339 UTC, null when it never happened. */
  lastArchivedWal: string | null;
  lastArchivedAt: string | null;
  lastFailedWal: string | null;
  lastFailedAt: string | null;
  failedCount: number;
}

const stateSql = `
select current_setting('archive_command') as "archiveCommand",
       (select setting::int from pg_settings where name = 'archive_timeout') as "archiveTimeoutSeconds",
       current_setting('wal_level') as "walLevel",
       last_archived_wal as "lastArchivedWal", last_failed_wal as "lastFailedWal", failed_count::int as "failedCount",
       to_char(last_archived_time at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as "lastArchivedAt",
       to_char(last_failed_time at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as "lastFailedAt"
  from pg_stat_archiver`;

/** @throws POSTGRES_* */
export async function readServerState(client: PostgresClient): Promise<ServerState> {
  const facts = await describeServer(client);
  const { rows } = await client.query<Omit<ServerState, 'facts'>>(stateSql);
  return { ...(rows[0] as Omit<ServerState, 'facts'>), facts };
}
