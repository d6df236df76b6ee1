import { setTimeout as sleep } from 'node:timers/promises';
import { OpsError } from '#kernel/errors';
import type { PostgresClient } from '#stores/postgres/connect';

/** Closes the current WAL segment and waits until the archiver has it in the repository. @returns its name @throws LAB_BROKEN */
export async function archiveNow(client: PostgresClient, signal: AbortSignal): Promise<string> {
  const { rows } = await client.query<{ segment: string }>('SELECT pg_walfile_name(pg_switch_wal()) AS segment');
  const segment = rows[0]?.segment ?? '';
  const deadline = Date.now() + 30_000;
  while (Date.now() < deadline) {
    const archiver = await client.query<{ done: boolean | null; failed: string | null }>(
      `SELECT last_archived_wal COLLATE "C" >= $1 AS done, last_failed_wal AS failed FROM pg_stat_archiver`,
      [segment],
    );
    if (archiver.rows[0]?.done === true) return segment;
    await sleep(100);
    signal.throwIfAborted();
  }
  throw new OpsError('LAB_BROKEN', {
    message: `The segment ${segment} was not archived within 30 s`,
    nextSteps: ['Look at the archive_command in the PostgreSQL log of the lab'],
    details: { segment },
  });
}
