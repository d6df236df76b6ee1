import { isOpsError, OpsError } from '#kernel/errors';
import type { PostgresClient } from '#stores/postgres/connect';
import { versionLabel } from './file-name.ts';
import type { MigrationRun, MigrationWork } from './migration-work.ts';

type Work = Pick<MigrationWork, 'direction' | 'version' | 'name' | 'checksum'>;

const insertEventSql = `
insert into public.schema_migration_events (run_id, version, name, direction, event, checksum, sqlstate, message, line, duration_ms)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)`;

export async function recordStarted({ recorder, runId }: MigrationRun, work: Work): Promise<void> {
  await recorder.query(insertEventSql, eventOf(runId, work, 'started', {}));
}

export async function recordFailed(
  { recorder, runId }: MigrationRun,
  work: Work,
  facts: { sqlState?: string; message: string; line?: number },
): Promise<void> {
  await recorder.query(insertEventSql, eventOf(runId, work, 'failed', facts));
}

function eventOf(
  runId: string,
  { version, name, direction, checksum }: Work,
  event: 'started' | 'done' | 'failed',
  facts: { sqlState?: string; message?: string; line?: number; durationMs?: number },
): unknown[] {
  return [
    runId,
    version,
    name,
    direction,
    event,
    checksum,
    facts.sqlState ?? null,
    facts.message ?? null,
    facts.line ?? null,
    facts.durationMs ?? null,
  ];
}

/**
 * The first act of a migration's transaction: its row. A run that came by without the lock waits here and then finds itself refused.
 * `success` is given as false for work outside a transaction, where it says "begun".
 * @throws MIGRATION_HISTORY_MOVED
 */
export async function claimVersion(client: PostgresClient, { version, name, checksum }: Work, success: boolean): Promise<void> {
  await changeOneRow(
    client,
    version,
    `insert into public.schema_migrations as m (version, name, checksum, success) values ($1, $2, $3, $4)
     on conflict (version) do update set name = excluded.name, checksum = excluded.checksum, success = excluded.success where not m.success`,
    [version, name, checksum, success],
  );
}

/** Completes the row of an applied version, keeps its rollback, and adds the event. Time since the transaction began unless given. */
export async function completeUp(
  client: PostgresClient,
  runId: string,
  work: Work & { rollbackSql: string | undefined },
  durationMs?: number,
): Promise<number> {
  const { rows } = await client.query<{ durationMs: number }>(
    `with took as (
       select coalesce($8::integer, (extract(epoch from clock_timestamp() - transaction_timestamp()) * 1000)::integer) as ms
     ), entry as (
       update public.schema_migrations
          set success = true, applied_at = clock_timestamp(), execution_time_ms = (select ms from took)
        where version = $2
     ), rollback as (
       insert into public.schema_rollbacks (version, rollback_sql) select $2, $7::text where $7::text is not null
       on conflict (version) do update set rollback_sql = excluded.rollback_sql, created_at = now()
     )
     insert into public.schema_migration_events (run_id, version, name, direction, event, checksum, duration_ms)
     select $1, $2, $3, $4, $5, $6, ms from took
     returning duration_ms as "durationMs"`,
    [...eventOf(runId, work, 'done', {}).slice(0, 6), work.rollbackSql ?? null, durationMs ?? null],
  );
  return rows[0]?.durationMs ?? 0;
}

/** Takes a version out of the history for as long as the transaction lives. @throws MIGRATION_HISTORY_MOVED */
export async function releaseVersion(client: PostgresClient, { version, checksum }: Work): Promise<void> {
  await changeOneRow(
    client,
    version,
    `with rollback as (delete from public.schema_rollbacks where version = $1)
     delete from public.schema_migrations where version = $1 and checksum = $2`,
    [version, checksum],
  );
}

/** Before a rollback outside a transaction: from here on the version is neither there nor gone. @throws MIGRATION_HISTORY_MOVED */
export async function markIncomplete(client: PostgresClient, { version, checksum }: Work): Promise<void> {
  await changeOneRow(client, version, 'update public.schema_migrations set success = false where version = $1 and checksum = $2', [
    version,
    checksum,
  ]);
}

export async function completeDown(client: PostgresClient, runId: string, work: Work, durationMs: number): Promise<void> {
  await client.query(insertEventSql, eventOf(runId, work, 'done', { durationMs }));
}

async function changeOneRow(client: PostgresClient, version: number, sql: string, params: readonly unknown[]): Promise<void> {
  try {
    const { rowCount } = await client.query(sql, params);
    if (rowCount === 0) throw historyMoved(version, 'changed');
  } catch (error) {
    throw isOpsError(error, 'POSTGRES_LOCK_TIMEOUT') ? historyMoved(version, 'is changing', error) : error;
  }
}

function historyMoved(version: number, what: string, cause?: unknown): OpsError {
  return new OpsError('MIGRATION_HISTORY_MOVED', {
    message: `Another session ${what} ${versionLabel(version)} in the history`,
    detail: 'It may be a run that was killed a moment ago and that the server has not given up yet.',
    details: { version },
    cause,
  });
}
