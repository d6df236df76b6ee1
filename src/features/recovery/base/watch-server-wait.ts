import { setTimeout as sleep } from 'node:timers/promises';
import { OpsError } from '#kernel/errors';
import type { Reporter } from '#kernel/events';
import { formatDuration } from '#kernel/units';
import type { PostgresClient } from '#stores/postgres/connect';
import { explainMissing } from './archiver-state.ts';

const pollMs = 1000;

/**
 * With WAIT the server sends everything and then waits without limit for its archiver (tried: decision 0026); its notices are in
 * the server's language. So the phase is asked over SQL, and the copy is abandoned when the wait is longer than the deadline.
 */
export function watchServerWait(options: { sql: PostgresClient; replication: PostgresClient; deadlineMs: number; reporter: Reporter }): {
  stop(): Promise<void>;
  failure(): OpsError | undefined;
} {
  const { sql, replication, deadlineMs, reporter } = options;
  const { processID: replicationPid } = replication.raw as unknown as { processID: number | null };
  const stopping = new AbortController();
  let failure: OpsError | undefined;
  const watch = async (): Promise<void> => {
    let waitingSince: number | undefined;
    for (;;) {
      await sleep(pollMs, undefined, { signal: stopping.signal });
      const { rows } = await sql.query<{ phase: string; segment: string }>(phaseSql, [replicationPid]);
      if (rows[0]?.phase !== 'waiting for wal archiving to finish') continue;
      if (waitingSince === undefined) {
        waitingSince = performance.now();
        reporter.info(`The data has been read; the server waits until segment ${rows[0].segment} is archived`);
      }
      if (performance.now() - waitingSince < deadlineMs) continue;
      const { detail, archiver } = await explainMissing(sql, rows[0].segment);
      failure = new OpsError('BACKUP_WAL_MISSING', {
        message: `The server did not archive the backup's WAL up to segment ${rows[0].segment} within ${formatDuration(deadlineMs)}`,
        detail,
        details: { segment: rows[0].segment, ...archiver },
      });
      await replication.abandon();
      return;
    }
  };
  // A watcher that cannot ask ends quietly: the copy itself tells what is wrong with the server.
  const watching = watch().catch(() => undefined);
  return {
    failure: () => failure,
    async stop() {
      stopping.abort();
      await watching;
    },
  };
}

// The end of the backup switches segments, so the segment before the current one is the last that is waited for.
const phaseSql = `
select phase, pg_walfile_name(pg_current_wal_insert_lsn() - pg_size_bytes(current_setting('wal_segment_size'))::numeric) as segment
  from pg_stat_progress_basebackup where pid = $1`;
