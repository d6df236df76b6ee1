import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { createBaseBackup } from '#features/recovery/base/create-base-backup';
import { silentReporter } from '#kernel/events';
import { newRunId } from '#kernel/run-id';
import { fromEpochMicros, systemClock, toEpochMicros } from '#kernel/time';
import { stopPostgres } from '#platform/stop-postgres';
import type { BaseManifest } from '#repository/manifest';
import { connectPostgres } from '#stores/postgres/connect';
import { runCommandLine } from '../cli.ts';
import type { ClusterOptions } from '../postgres/make-cluster.ts';
import { type Cluster, startCluster } from '../postgres.ts';
import { builtProgram } from '../program.ts';
import { atFileEnd } from '../reaper.ts';
import { runOk } from '../run.ts';
import { tempDir } from '../temp-dir.ts';
import { makeWalRepository } from '../wal-repository.ts';

/** A primary with a history that is known: 100 rows, base, 100 rows, 100 rows, a dropped table, base, one row elsewhere. */
export interface Accident {
  cluster: Cluster;
  configPath: string;
  /** The repository's own folder. */
  folder: string;
  first: BaseManifest;
  second: BaseManifest;
  /** Commit times of the 200th row and of the drop, to the microsecond. */
  at200: string;
  atDrop: string;
  atEnd: string;
  /** One of the segments between the first base backup and the drop. */
  middleSegment: string;
}

export async function makeAccident(options: ClusterOptions): Promise<Accident> {
  const cluster = await startCluster({ ...options, settings: { track_commit_timestamp: 'on', ...options.settings } });
  const { home } = await builtProgram();
  const archive = await makeWalRepository({ owner: cluster.user });
  await appendFile(
    archive.configPath,
    `postgres:\n  primary: { host: ${cluster.host}, port: ${cluster.port}, database: postgres, username: postgres }\n  bin_dir: ${cluster.binDir}\n`,
  );
  await cluster.configure({ archive_command: `${join(home, 'bin', 'copilot-db-wal')} push --config ${archive.configPath} "%p"` });

  const backUp = async (): Promise<BaseManifest> => {
    const { signal } = new AbortController();
    const sql = await connectPostgres(cluster.connection, { signal });
    const tools = { sql, repository: archive.repository, reporter: silentReporter, signal, env: process.env, toolVersion: '0.0.0' };
    const frame = { step: async () => undefined, assertLocked: async () => undefined };
    const manifest = await createBaseBackup({ ...tools, ...frame }, { runId: newRunId(systemClock.now()), walWaitMs: 30_000 });
    await sql.close();
    return manifest;
  };

  await cluster.psql('create table kept as select n as id from generate_series(1, 100) n');
  const first = await backUp();
  const at200 = await commit(cluster, 'insert into kept select n from generate_series(101, 200) n');
  const middleSegment = await archiveSegment(cluster);
  await archiveSegment(cluster);
  await commit(cluster, 'insert into kept select n from generate_series(201, 300) n');
  const atDrop = await commit(cluster, 'drop table kept');
  await archiveSegment(cluster);
  const second = await backUp();
  const atEnd = await commit(cluster, 'create table later as select 1 as id');
  await archiveSegment(cluster);
  return {
    cluster,
    configPath: archive.configPath,
    folder: join(archive.directory, 'test'),
    first,
    second,
    at200,
    atDrop,
    atEnd,
    middleSegment,
  };
}

/** @returns when the transaction of that statement committed, as the server recorded it */
async function commit(cluster: Cluster, sql: string): Promise<string> {
  const client = await cluster.client();
  await client.query('begin');
  await client.query(sql);
  const {
    rows: [own],
  } = await client.query('select pg_current_xact_id()::text as xid');
  await client.query('commit');
  const {
    rows: [row],
  } = await client.query(
    `select to_char(pg_xact_commit_timestamp($1::text::xid) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at`,
    [own.xid],
  );
  return row.at;
}

async function archiveSegment(cluster: Cluster): Promise<string> {
  await cluster.psql(`select pg_logical_emit_message(false, 'test', 'x')`);
  const [row] = await cluster.psql<{ segment: string }>('select pg_walfile_name(pg_switch_wal() - 1) as segment');
  const segment = row?.segment as string;
  for (const deadline = Date.now() + 30_000; Date.now() < deadline; await sleep(50)) {
    const [archiver] = await cluster.psql<{ done: boolean }>(
      `select coalesce(last_archived_wal >= '${segment}', false) as done from pg_stat_archiver`,
    );
    if (archiver?.done) return segment;
  }
  throw new Error(`${segment} was not archived:\n${await cluster.log()}`);
}

/** A moment so many microseconds later. */
export function shift(moment: string, micros: number): string {
  return fromEpochMicros(toEpochMicros(moment) + BigInt(micros));
}

/** The same repository for a test that damages it, and its configuration. */
export async function copyRepository({ cluster, configPath, folder }: Accident): Promise<{ configPath: string; folder: string }> {
  const place = await tempDir('damaged', { owner: cluster.user });
  // With its owners: the restored server's user has to read it.
  await runOk('cp', ['-a', join(folder, '..'), join(place, 'repository')]);
  const text = (await readFile(configPath, 'utf8')).replace(/directory: .*/, `directory: ${join(place, 'repository')}`);
  await writeFile(join(place, 'copilot-db.yaml'), text);
  return { configPath: join(place, 'copilot-db.yaml'), folder: join(place, 'repository', 'test') };
}

export interface RestoreOutcome {
  code: number;
  /** `data` of the envelope. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look at what they expect
  data: any;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  error: any;
  warnings: string[];
  /** The plan and whatever else was told on the way. */
  stderr: string;
}

/** `restore pitr` with these arguments, in this process. */
export async function restore(configPath: string, args: readonly string[], env: Record<string, string> = {}): Promise<RestoreOutcome> {
  const { home } = await builtProgram();
  const outcome = await runCommandLine(['restore', 'pitr', '--config', configPath, '--yes', '--json', ...args], {
    home,
    env,
    stateDirectory: await tempDir('state'),
  });
  const { data, error, warnings } = JSON.parse(outcome.stdout);
  return { code: outcome.code, data, error, warnings, stderr: outcome.stderr };
}

/** Asks a restored server; it ends with the test file. */
export async function ask(connection: { host: string; port: number }, sql: string, dataDir: string): Promise<Record<string, unknown>[]> {
  stopAtEnd(dataDir);
  const client = new pg.Client({ ...connection, user: 'postgres', database: 'postgres' });
  await client.connect();
  try {
    const result: unknown = await client.query(sql);
    return (Array.isArray(result) ? result.at(-1) : result).rows;
  } finally {
    await client.end();
  }
}

const stopping = new Set<string>();

/** A restored server runs on by design; a test ends it. */
export function stopAtEnd(dataDir: string): void {
  if (stopping.has(dataDir)) return;
  stopping.add(dataDir);
  atFileEnd(async () => {
    await stopPostgres(dataDir, { mode: 'immediate', signal: AbortSignal.timeout(30_000) });
  });
}

/** A directory that is not there yet, below one that the server's user may write to. */
export async function newDataDir({ cluster }: Accident): Promise<string> {
  return join(await tempDir('restored', { owner: cluster.user }), 'data');
}
