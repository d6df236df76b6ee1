import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Lsn } from '#kernel/lsn';
import type { Moment } from '#kernel/time';
import { readFileIfThere } from '#platform/atomic-file';
import { connectPostgres } from '#stores/postgres/connect';
import { parseHistory } from '../windows/timeline-path.ts';

export interface RecoveryState {
  isInRecovery: boolean;
  isPaused: boolean;
  replayedLsn: Lsn | null;
  /** Commit time of the last transaction that was replayed. */
  replayedAt: Moment | null;
  timeline: number;
}

// In one statement, so that a promotion in between cannot mix two states.
const stateSql = `
select pg_is_in_recovery() as "isInRecovery",
       case when pg_is_in_recovery() then pg_get_wal_replay_pause_state() = 'paused' else false end as "isPaused",
       pg_last_wal_replay_lsn()::text as "replayedLsn",
       to_char(pg_last_xact_replay_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as "replayedAt",
       case when pg_is_in_recovery() then (select timeline_id from pg_control_checkpoint())
            else ('x' || substr(pg_walfile_name(pg_current_wal_lsn()), 1, 8))::bit(32)::int end as timeline`;

export interface ServerAddress {
  host: string;
  port: number;
  /** A role that can log in; the socket asks no password. */
  username: string;
}

/** Asks a server how far its recovery is. A connection each time: a promotion ends none, but a crash does. @throws POSTGRES_* */
export async function readRecoveryState(address: ServerAddress, signal: AbortSignal): Promise<RecoveryState> {
  const client = await connectPostgres(
    { ...address, database: 'template1', sslMode: 'disable' },
    { signal, applicationName: 'copilot-db restore' },
  );
  try {
    const { rows } = await client.query<RecoveryState>(stateSql);
    return rows[0] as RecoveryState;
  } finally {
    await client.close();
  }
}

/** Where recovery ended and why, from the newest timeline history in pg_wal: PostgreSQL writes it at the very end. */
export async function readEndOfRecovery(dataDir: string, timeline: number): Promise<{ lsn: Lsn; reason: string } | undefined> {
  const names = await readdir(join(dataDir, 'pg_wal'));
  const name = names.find((it) => it === `${timeline.toString(16).toUpperCase().padStart(8, '0')}.history`);
  const text = name === undefined ? undefined : await readFileIfThere(join(dataDir, 'pg_wal', name));
  const last = text === undefined ? undefined : parseHistory(text.toString('utf8')).at(-1);
  return last && { lsn: last.at, reason: last.reason };
}
