import type { Lsn } from '#kernel/lsn';
import type { Moment } from '#kernel/time';
import type { PostgresClient } from '#stores/postgres/connect';

/** Settings that a recovering server must match or exceed, and those that say what its files are. */
const settingNames = [
  'max_connections',
  'max_worker_processes',
  'max_wal_senders',
  'max_prepared_transactions',
  'max_locks_per_transaction',
  'wal_level',
  'server_encoding',
  'shared_preload_libraries',
] as const;

/** A server as its own catalogue describes it. Stable while the server runs, so that it may be part of a plan. */
export interface ServerFacts {
  systemId: string;
  /** As in server_version_num: 150014. */
  versionNumber: number;
  /** "15.14 (Debian 15.14-0+deb12u1)" */
  version: string;
  major: number;
  inRecovery: boolean;
  archiveMode: string;
  /** false also when archiving is done by a library. */
  archiveCommandEmpty: boolean;
  archiveLibrary: string;
  dataDirectory: string | null;
  segmentBytes: number;
  blockBytes: number;
  pageChecksums: boolean;
  userName: string;
  mayReplicate: boolean;
  maxWalSenders: number;
  settings: Readonly<Record<string, string>>;
  databases: readonly DatabaseFacts[];
}

export interface DatabaseFacts {
  name: string;
  encoding: string;
  collate: string;
  ctype: string;
  /** What the collation library said when the database was made; another version may sort otherwise. */
  collationVersion: string | null;
}

const factsSql = `
select jsonb_build_object(
  'systemId', (select system_identifier::text from pg_control_system()),
  'versionNumber', current_setting('server_version_num')::int,
  'version', current_setting('server_version'),
  'major', current_setting('server_version_num')::int / 10000,
  'inRecovery', pg_is_in_recovery(),
  'archiveMode', current_setting('archive_mode'),
  'archiveCommandEmpty', coalesce(current_setting('archive_command', true), '') in ('', '(disabled)'),
  'archiveLibrary', coalesce(current_setting('archive_library', true), ''),
  'dataDirectory', case when pg_has_role('pg_read_all_settings', 'usage') then (select setting from pg_settings where name = 'data_directory') end,
  'segmentBytes', pg_size_bytes(current_setting('wal_segment_size')),
  'blockBytes', current_setting('block_size')::int,
  'pageChecksums', current_setting('data_checksums') = 'on',
  'userName', current_user,
  'mayReplicate', (select rolsuper or rolreplication from pg_roles where rolname = current_user),
  'maxWalSenders', current_setting('max_wal_senders')::int,
  'settings', (select jsonb_object_agg(name, setting) from pg_settings where name = any ($1)),
  'databases', (select jsonb_agg(jsonb_build_object('name', datname, 'encoding', pg_encoding_to_char(encoding), 'collate', datcollate,
      'ctype', datctype, 'collationVersion', datcollversion) order by datname) from pg_database where datallowconn)
) as facts`;

/** @throws POSTGRES_* */
export async function describeServer(client: PostgresClient): Promise<ServerFacts> {
  const { rows } = await client.query<{ facts: ServerFacts }>(factsSql, [settingNames]);
  return (rows[0] as { facts: ServerFacts }).facts;
}

/** The server's own clock, UTC with microseconds. */
export async function readServerTime(client: PostgresClient): Promise<Moment> {
  const { rows } = await client.query<{ now: Moment }>(`select ${utcSql('clock_timestamp()')} as now`);
  return (rows[0] as { now: Moment }).now;
}

/** Where the server is now: no transaction with an id from `nextXid` on had begun, none after `time` had ended. */
export async function readServerPoint(client: PostgresClient): Promise<{ time: Moment; nextXid: string; lsn: Lsn }> {
  const { rows } = await client.query<{ time: Moment; nextXid: string; lsn: Lsn }>(
    `select ${utcSql('clock_timestamp()')} as time, pg_snapshot_xmax(pg_current_snapshot())::text as "nextXid", pg_current_wal_insert_lsn()::text as lsn`,
  );
  return rows[0] as { time: Moment; nextXid: string; lsn: Lsn };
}

/** An expression of type timestamptz as RFC 3339 UTC text with microseconds. */
export function utcSql(expression: string): string {
  return `to_char(${expression} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
}
