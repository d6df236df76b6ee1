import { appendFile, chown, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { type ClusterFiles, type ClusterOptions, dropCluster, makeCluster } from './postgres/make-cluster.ts';
import { findPostmaster, killPostmaster, type StopMode, startPostmaster, stopPostmaster } from './postgres/server-process.ts';
import { type PostgresSettings, settingLines } from './postgres/settings.ts';
import { atFileEnd } from './reaper.ts';

export interface Cluster extends ClusterFiles {
  /** The socket's directory. */
  host: string;
  superuser: string;
  /** As the tool's configuration wants it. */
  connection: { host: string; port: number; database: string; username: string; sslMode: 'disable' };
  /** Starts a stopped server and waits until it answers. @throws with the end of its log */
  start(): Promise<void>;
  stop(mode?: StopMode): Promise<void>;
  restart(): Promise<void>;
  /** Kills the postmaster and every child at once, as a crash would. */
  kill9(): Promise<void>;
  isRunning(): Promise<boolean>;
  /** Appends to postgresql.conf and reloads; a setting that needs a restart takes effect with it. */
  configure(settings: PostgresSettings): Promise<void>;
  /** Runs SQL, also several statements, over a connection of its own. @returns the rows of the last statement */
  psql<Row = Record<string, unknown>>(sql: string, options?: { database?: string; params?: readonly unknown[] }): Promise<Row[]>;
  /** A connection for as long as the test file lasts. */
  client(options?: { database?: string; user?: string; password?: string }): Promise<pg.Client>;
  log(): Promise<string>;
}

/** A cluster that is made but not started: for tests that look at what happens before or at a start. */
export async function prepareCluster(options: ClusterOptions): Promise<Cluster> {
  const files = await makeCluster(options);
  const open = new Set<pg.Client>();
  const connect = async (settings: { database?: string; user?: string; password?: string }) => {
    const client = new pg.Client({ host: files.home, port: files.port, database: 'postgres', user: 'postgres', ...settings });
    // A server that is killed under a waiting client must not fail the test run.
    client.on('error', () => {});
    await client.connect();
    return client;
  };

  const cluster: Cluster = {
    ...files,
    host: files.home,
    superuser: 'postgres',
    connection: { host: files.home, port: files.port, database: 'postgres', username: 'postgres', sslMode: 'disable' },
    start: () => startPostmaster(files),
    stop: (mode = 'fast') => stopPostmaster(files, mode),
    async restart() {
      await cluster.stop();
      await cluster.start();
    },
    kill9: () => killPostmaster(files),
    isRunning: async () => (await findPostmaster(files)) !== undefined,
    async configure(settings) {
      await appendFile(join(files.configDir, 'postgresql.conf'), settingLines(settings));
      const postmaster = await findPostmaster(files);
      if (postmaster !== undefined) process.kill(postmaster.pid, 'SIGHUP');
    },
    async psql<Row>(sql: string, { database = 'postgres', params }: { database?: string; params?: readonly unknown[] } = {}) {
      const client = await connect({ database });
      try {
        const result: unknown = await client.query(sql, params === undefined ? undefined : [...params]);
        const last = (Array.isArray(result) ? result.at(-1) : result) as pg.QueryResult;
        return last.rows as Row[];
      } finally {
        await client.end();
      }
    },
    async client(settings = {}) {
      const client = await connect(settings);
      open.add(client);
      return client;
    },
    log: () => readFile(files.logPath, 'utf8'),
  };

  atFileEnd(async () => {
    await Promise.allSettled([...open].map((client) => client.end()));
    await cluster.stop('immediate').catch(() => cluster.kill9());
    await dropCluster(files);
  });
  return cluster;
}

/**
 * A running PostgreSQL for this test file: page checksums on, archive_mode on (archive_command empty until a test sets it with
 * `configure`), listening on a socket only. Stopped and removed when the file ends.
 */
export async function startCluster(options: ClusterOptions): Promise<Cluster> {
  const cluster = await prepareCluster(options);
  await cluster.start();
  for (const name of options.tablespaces ?? []) {
    const location = join(cluster.home, `ts-${name}`);
    await mkdir(location);
    if (cluster.user.uid !== process.getuid?.()) await chown(location, cluster.user.uid, cluster.user.gid);
    await cluster.psql(`CREATE TABLESPACE ${name} LOCATION '${location}'`);
  }
  return cluster;
}
