import { isOpsError } from '#kernel/errors';
import type { Plan } from '#kernel/plan';
import { formatBytes, formatDuration } from '#kernel/units';
import type { Repository } from '#repository/open';
import { claimSystem, listSystems } from '#repository/systems';
import type { PostgresClient } from '#stores/postgres/connect';
import type { BackupRequest, BackupStep } from './backup-request.ts';
import { claimOf } from './claim-of.ts';
import { openReplication } from './open-replication.ts';
import { checkServerCanBeBackedUp } from './preconditions.ts';
import { refuseTakenLabel } from './refuse-taken-label.ts';
import { describeServer } from './server-facts.ts';

export type BackupFacts = {
  server: string;
  systemId: string;
  postgresMajor: number;
  repository: string;
  label: string | null;
  maxRateKilobytes: number | null;
  walWaitMs: number;
};

/**
 * What a base backup would do, found out by reading: the rights, the state of the server, the owner of the repository.
 * @throws what `createBaseBackup` would throw for these
 */
export async function planBaseBackup(
  sql: PostgresClient,
  repository: Repository,
  request: BackupRequest,
  signal: AbortSignal,
): Promise<Plan<BackupFacts>> {
  const server = await describeServer(sql);
  checkServerCanBeBackedUp(server, sql.location);
  if (request.label !== undefined) await refuseTakenLabel(repository, request.label, signal);
  await (await openReplication(sql, server)).close();
  const isNew = (await listSystems(repository, signal)).length === 0;
  // With an owner there this only reads: it is ours, or it throws.
  if (!isNew) await claimSystem(repository, await claimOf(sql, server, request.runId), signal);
  const place = repository.store.location;
  const steps: { id: BackupStep; title: string }[] = [
    ...(isNew ? [{ id: 'claim' as const, title: `Claim ${place} for system ${server.systemId}` }] : []),
    { id: 'marker', title: 'Write a marker into the WAL, close its segment and see it in the repository' },
    { id: 'copy', title: `Read the data directory and its tablespaces into ${place}` },
    { id: 'wal', title: 'See every segment from start to stop in the repository' },
    { id: 'publish', title: 'Publish the manifest' },
  ];
  return {
    summary: `Take a base backup of ${sql.location} into ${place}`,
    steps,
    facts: {
      server: sql.location,
      systemId: server.systemId,
      postgresMajor: server.major,
      repository: place,
      label: request.label ?? null,
      maxRateKilobytes: request.maxRateKilobytes ?? null,
      walWaitMs: request.walWaitMs,
    },
    notes: [
      await describeSize(sql),
      ...(await warnOfTablespaces(sql)),
      `waits at most ${formatDuration(request.walWaitMs)} for a segment to arrive`,
    ],
  };
}

/** Better known before the night it is needed. */
async function warnOfTablespaces(sql: PostgresClient): Promise<string[]> {
  const { rows } = await sql.query<{ name: string }>(
    `select spcname as name from pg_tablespace where spcname not in ('pg_default', 'pg_global')`,
  );
  if (rows.length === 0) return [];
  const names = rows.map(({ name }) => name).join(', ');
  return [`has the tablespaces ${names}: \`restore pitr\` cannot place these yet, docs/restore-by-hand.sh can`];
}

/** pg_tablespace_size needs pg_read_all_stats; without it the size is simply not known yet. */
async function describeSize(sql: PostgresClient): Promise<string> {
  try {
    const { rows } = await sql.query<{ bytes: string }>('select sum(pg_tablespace_size(oid))::text as bytes from pg_tablespace');
    return `about ${formatBytes(Number(rows[0]?.bytes))} to read, less when compressed`;
  } catch (error) {
    if (!isOpsError(error, 'POSTGRES_PERMISSION_DENIED')) throw error;
    return 'the size is not known: the user lacks pg_read_all_stats';
  }
}
