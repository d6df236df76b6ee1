import { OpsError } from '#kernel/errors';
import type { Reporter } from '#kernel/events';
import { formatDuration } from '#kernel/units';
import type { Repository } from '#repository/open';
import type { PostgresClient } from '#stores/postgres/connect';
import { explainMissing } from './archiver-state.ts';
import { awaitSegments } from './await-segments.ts';
import type { ServerFacts } from './server-facts.ts';

/**
 * Writes a marker into the WAL, closes its segment and waits until *our* repository lists it: a stuck archiver, or one that
 * archives somewhere else, costs a minute and not a night. The message makes the switch real: on an idle server
 * pg_switch_wal does nothing.
 * @returns the segment that holds the marker
 * @throws BACKUP_ARCHIVER_STUCK, POSTGRES_*
 */
export async function proveArchiving(
  client: PostgresClient,
  repository: Repository,
  server: ServerFacts,
  options: { runId: string; deadlineMs: number; reporter: Reporter; signal: AbortSignal },
): Promise<string> {
  await client.query(`select pg_logical_emit_message(false, 'copilot-db', $1)`, [`archive marker of run ${options.runId}`]);
  const { rows } = await client.query<{ segment: string }>('select pg_walfile_name(pg_switch_wal() - 1) as segment');
  const segment = (rows[0] as { segment: string }).segment;
  options.reporter.info(`Waiting for the archive marker in segment ${segment}`);
  const missing = await awaitSegments(repository, [segment], {
    systemId: server.systemId,
    deadlineMs: options.deadlineMs,
    signal: options.signal,
    onWait: () => options.reporter.progress({ phase: 'archive check', done: 0, total: 1, unit: 'segments', detail: segment }),
  });
  if (missing.length === 0) return segment;
  const { detail, archiver } = await explainMissing(client, segment);
  throw new OpsError('BACKUP_ARCHIVER_STUCK', {
    message: `Segment ${segment}, closed for this backup, did not arrive in ${repository.store.location} within ${formatDuration(options.deadlineMs)}`,
    detail,
    details: { segment, location: repository.store.location, ...archiver },
  });
}
