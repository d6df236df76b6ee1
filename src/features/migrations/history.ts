import { OpsError } from '#kernel/errors';
import type { Moment } from '#kernel/time';
import type { PostgresClient } from '#stores/postgres/connect';

/** What the database knows about one version. */
export interface HistoryEntry {
  version: number;
  name: string;
  /** sha256 of the V file, see checksum.ts. */
  checksum: string;
  /** false: a statement outside a transaction was begun and not seen to end well. */
  success: boolean;
  appliedAt: Moment;
  executionTimeMs: number | null;
  /** The R file as it was when the version was applied. */
  rollbackSql: string | null;
}

/** The last attempt at a version that did not end well. */
export interface FailedAttempt {
  version: number;
  direction: 'up' | 'down';
  /** `started` without an end: the run was killed, or is at it now. */
  event: 'failed' | 'started';
  at: Moment;
  runId: string;
  message: string | null;
}

export interface History {
  entries: readonly HistoryEntry[];
  failures: readonly FailedAttempt[];
}

/**
 * schema_migrations and schema_rollbacks are the seed's. Attempts go to a table of their own, since a transaction that fails takes
 * its own record with it. Rows there are only ever added.
 */
const createSql = `
create table if not exists public.schema_migrations (
  version bigint primary key,
  name varchar(255) not null,
  applied_at timestamptz not null default now(),
  checksum varchar(64) not null,
  execution_time_ms integer,
  success boolean not null default true
);
create index if not exists idx_schema_migrations_applied_at on public.schema_migrations (applied_at desc);
create table if not exists public.schema_rollbacks (
  version bigint primary key,
  rollback_sql text not null,
  created_at timestamptz not null default now()
);
create table if not exists public.schema_migration_events (
  id bigint generated always as identity primary key,
  run_id text not null,
  version bigint not null,
  name varchar(255) not null,
  direction text not null check (direction in ('up', 'down')),
  event text not null check (event in ('started', 'done', 'failed')),
  checksum varchar(64) not null,
  sqlstate text,
  message text,
  line integer,
  duration_ms integer,
  executed_by text not null default session_user,
  at timestamptz not null default clock_timestamp()
);
comment on table public.schema_migrations is 'Migrations that are applied; success = false: begun outside a transaction, end unknown';
comment on table public.schema_rollbacks is 'The rollback script of each applied migration, as it was when it was applied';
comment on table public.schema_migration_events is 'Every attempt to apply or roll back a migration, append-only';`;

/** Any number that nobody else uses: "copilot" in ASCII. */
const creationLock = 0x636f70696c6f74n;

/** Creates the tables of the history where they are missing. @throws MIGRATION_HISTORY_FOREIGN, POSTGRES_* */
export async function ensureHistory(client: PostgresClient): Promise<void> {
  if (await hasHistory(client)) return;
  // IF NOT EXISTS does not keep two sessions from creating the same table at the same moment.
  await client.query(`begin; set local client_min_messages = warning; select pg_advisory_xact_lock(${creationLock}); ${createSql} commit`);
}

/** Reads only; a database without a history has an empty one. @throws MIGRATION_HISTORY_FOREIGN, POSTGRES_* */
export async function readHistory(client: PostgresClient): Promise<History> {
  if (!(await hasHistory(client))) return { entries: [], failures: [] };
  const entries = await client.query<HistoryEntry & { version: string }>(`
    select m.version::text, m.name, m.checksum, m.success, m.execution_time_ms as "executionTimeMs", r.rollback_sql as "rollbackSql",
           ${utcText('m.applied_at')} as "appliedAt"
      from public.schema_migrations m left join public.schema_rollbacks r using (version)
     order by m.version`);
  const failures = await client.query<FailedAttempt & { version: string }>(`
    select * from (
      select distinct on (version) version::text, direction, event, run_id as "runId", message, ${utcText('at')} as at
        from public.schema_migration_events
       order by version, id desc
    ) as latest
    where event <> 'done'`);
  return { entries: entries.rows.map(withNumber), failures: failures.rows.map(withNumber) };
}

function withNumber<Row extends { version: string }>(row: Row): Omit<Row, 'version'> & { version: number } {
  return { ...row, version: Number(row.version) };
}

function utcText(column: string): string {
  return `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
}

const ourColumns: Readonly<Record<string, string>> = {
  version: 'int8',
  name: 'varchar',
  applied_at: 'timestamptz',
  checksum: 'varchar',
  execution_time_ms: 'int4',
  success: 'bool',
};

/** True when the tables are there and ours; several tools call theirs schema_migrations. */
async function hasHistory(client: PostgresClient): Promise<boolean> {
  const { rows } = await client.query<{ table: string; column: string; type: string }>(`
    select c.relname::text as "table", a.attname::text as "column", t.typname::text as type
      from pg_class c
      join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
      join pg_type t on t.oid = a.atttypid
     where c.relnamespace = to_regnamespace('public')
       and c.relname in ('schema_migrations', 'schema_rollbacks', 'schema_migration_events')`);
  const tables = new Set(rows.map((row) => row.table));
  const columns = new Map(rows.filter((row) => row.table === 'schema_migrations').map((row) => [row.column, row.type]));
  const wrong = Object.entries(ourColumns).filter(([column, type]) => columns.get(column) !== type);
  if (tables.has('schema_migrations') && wrong.length > 0)
    throw new OpsError('MIGRATION_HISTORY_FOREIGN', {
      message: `The table schema_migrations of ${client.location} belongs to another tool`,
      detail: `It lacks ${wrong.map(([column, type]) => `${column} (${type})`).join(', ')}; it has ${[...columns.keys()].join(', ')}.`,
      details: { columns: [...columns.keys()] },
    });
  return tables.size === 3;
}
