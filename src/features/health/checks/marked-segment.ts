import { OpsError } from '#kernel/errors';
import type { PostgresClient } from '#stores/postgres/connect';
import type { Subject } from '../subject.ts';

interface MarkedSegment {
  client: PostgresClient;
  segment: string;
}

const closed = new WeakMap<Subject, Promise<MarkedSegment>>();

/** One marker serves all repositories: each has to have the same segment. Without the message an idle server would not switch. */
export function closeMarkedSegment(subject: Subject): Promise<MarkedSegment> {
  const existing = closed.get(subject);
  if (existing) return existing;
  const closing = close(subject);
  closed.set(subject, closing);
  return closing;
}

async function close({ postgres, runId }: Subject): Promise<MarkedSegment> {
  if (!postgres) throw new OpsError('CONFIG_SECTION_MISSING', { message: 'The configuration has no section `postgres.primary`' });
  const client = await postgres.client();
  await client.query(`select pg_logical_emit_message(false, 'copilot-db', $1)`, [`archive marker of run ${runId}`]);
  const { rows } = await client.query<{ segment: string }>('select pg_walfile_name(pg_switch_wal() - 1) as segment');
  return { client, segment: (rows[0] as { segment: string }).segment };
}
