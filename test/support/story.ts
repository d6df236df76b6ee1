import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { stopPostgres } from '#platform/stop-postgres';
import type { TestUser } from './os-users.ts';
import type { ClusterOptions } from './postgres/make-cluster.ts';
import { type Cluster, startCluster } from './postgres.ts';
import { builtProgram } from './program.ts';
import { useRadosGateway } from './rados-gateway.ts';
import { atFileEnd } from './reaper.ts';
import { type RunResult, run } from './run.ts';
import { tempDir } from './temp-dir.ts';

/** An operator with a cluster, a repository that is configured but not made, and the built program. */
export interface Story {
  cluster: Cluster;
  configPath: string;
  /** Runs the program as the operator, with an environment of cron's poverty. */
  copilot(...words: string[]): Promise<RunResult>;
  /** The same with --json, for a command that has to succeed. @returns `data` of the envelope */
  // biome-ignore lint/suspicious/noExplicitAny: tests look at what they expect
  copilotJson(...words: string[]): Promise<any>;
  /** A directory that is not there yet, where the operator may make it. */
  newDirectory(): Promise<string>;
}

export async function beginStory(options: { cluster: ClusterOptions; store: 's3' | 'directory'; operator: TestUser }): Promise<Story> {
  const { operator } = options;
  const { home } = await builtProgram();
  const cluster = await startCluster(options.cluster);
  const place = await tempDir('story', { owner: cluster.user });
  const configPath = join(place, 'copilot-db.yaml');
  const repository = options.store === 'directory' ? [`      directory: ${join(place, 'repository')}`] : await s3Lines();
  const lines = [
    'cluster: story',
    'postgres:',
    `  primary: { host: ${cluster.host}, port: ${cluster.port}, database: postgres, username: postgres, ssl_mode: disable }`,
    `  bin_dir: ${cluster.binDir}`,
    'backup:',
    '  repositories:',
    '    - name: main',
    ...repository,
    `wal: { spool_dir: ${join(place, 'spool')} }`,
  ];
  await writeFile(configPath, `${lines.join('\n')}\n`);
  // Operator and server read it; in production a group does this.
  await chmod(configPath, 0o644);
  const state = await tempDir('state', { owner: operator });
  const env = { PATH: process.env.PATH, COPILOT_DB_STATE_DIR: state };
  const copilot = (...words: string[]) =>
    run(process.execPath, [join(home, 'bin/copilot-db.mjs'), ...words, '--config', configPath], {
      user: operator,
      env,
      cwd: '/',
      timeoutMs: 120_000,
    });
  await cluster.configure({ archive_command: `${join(home, 'bin/copilot-db-wal')} push --config ${configPath} "%p"` });
  return {
    cluster,
    configPath,
    copilot,
    async copilotJson(...words) {
      const outcome = await copilot(...words, '--json');
      if (outcome.code !== 0)
        throw new Error(`copilot-db ${words.join(' ')} ended with ${outcome.code}\n${outcome.stdout}\n${outcome.stderr}`);
      return JSON.parse(outcome.stdout).data;
    },
    newDirectory: async () => join(await tempDir('restored', { owner: operator }), 'data'),
  };
}

async function s3Lines(): Promise<string[]> {
  const gateway = await useRadosGateway();
  const bucket = await gateway.createBucket();
  return [
    '      s3:',
    `        bucket: ${bucket}`,
    `        endpoint: ${gateway.httpsEndpoint}`,
    `        ca_file: ${gateway.caFile}`,
    '        prefix: production',
    '        path_style: true',
    `        access_key_id: ${gateway.accessKeyId}`,
    `        secret_access_key: ${gateway.secretAccessKey}`,
  ];
}

/** Fills up the current segment and waits until the server says that it is archived. */
export async function archiveNow(cluster: Cluster): Promise<void> {
  await cluster.psql(`select pg_logical_emit_message(false, 'test', 'x')`);
  const [row] = await cluster.psql<{ segment: string }>('select pg_walfile_name(pg_switch_wal() - 1) as segment');
  for (const giveUpAt = performance.now() + 30_000; performance.now() < giveUpAt; await sleep(50)) {
    const [archiver] = await cluster.psql<{ last: string | null }>('select last_archived_wal as last from pg_stat_archiver');
    if ((archiver?.last ?? '') >= (row?.segment as string)) return;
  }
  throw new Error(`${row?.segment} was not archived:\n${await cluster.log()}`);
}

/** The server's own clock, to the microsecond, after a pause: a moment between two transactions. */
export async function momentBetween(cluster: Cluster): Promise<string> {
  await sleep(20);
  const [row] = await cluster.psql<{ now: string }>(
    `select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as now`,
  );
  await sleep(20);
  return row?.now as string;
}

/** Asks a restored server, which runs on by design; it ends with the test file. */
export async function askRestored<Row>(
  restored: { connection: { host: string; port: number }; dataDir: string },
  sql: string,
): Promise<Row[]> {
  atFileEnd(async () => {
    await stopPostgres(restored.dataDir, { mode: 'immediate', signal: AbortSignal.timeout(30_000) });
  });
  const client = new pg.Client({ ...restored.connection, user: 'postgres', database: 'postgres' });
  await client.connect();
  try {
    return (await client.query(sql)).rows as Row[];
  } finally {
    await client.end();
  }
}
