import { randomBytes } from 'node:crypto';
import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { freePort } from '../free-port.ts';
import { isRoot, postgresUser, type TestUser } from '../os-users.ts';
import { run, runOk } from '../run.ts';
import { tempDir } from '../temp-dir.ts';
import { type Major, postgresBinDir } from './programs.ts';
import { type PostgresSettings, settingLines, testSettings } from './settings.ts';

export interface ClusterOptions {
  major: Major;
  /** `pg_createcluster` is Debian's way (15 only, needs root): its configuration is outside the data directory. */
  kind: 'initdb' | 'pg_createcluster';
  /** Lines of postgresql.conf over those of `testSettings`. */
  settings?: PostgresSettings;
  /** Names; each gets an empty directory beside the data directory. */
  tablespaces?: readonly string[];
  /** Lines of pg_hba.conf; trust on the socket unless given. */
  hba?: readonly string[];
  /** Who runs the server: Debian's `postgres` when the tests are root, unless given. */
  user?: TestUser;
  /** In MB; 16 unless given. A small one makes many segments cheap. */
  walSegmentMb?: number;
}

/** A cluster on disk, not started. */
export interface ClusterFiles {
  major: Major;
  binDir: string;
  user: TestUser;
  /** Holds the data directory, the socket, the log and the tablespaces; owned by the user. */
  home: string;
  dataDir: string;
  /** Where postgresql.conf and pg_hba.conf are. */
  configDir: string;
  port: number;
  logPath: string;
  /** Debian's name of the cluster, when `pg_createcluster` made it. */
  debianName: string | undefined;
}

/** A server's environment: nothing of ours leaks into it. */
export const serverEnv = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C.UTF-8', LANG: 'C.UTF-8' };

const trust = [
  'local all all trust',
  'local replication all trust',
  'host all all 127.0.0.1/32 trust',
  'host replication all 127.0.0.1/32 trust',
];

async function makeByInitdb(files: ClusterFiles, segment: readonly string[]): Promise<void> {
  const args = [
    '-D',
    files.dataDir,
    '-U',
    'postgres',
    '-A',
    'trust',
    '-E',
    'UTF8',
    '--locale=C.UTF-8',
    '--data-checksums',
    '--no-sync',
    ...segment,
  ];
  await runOk(join(files.binDir, 'initdb'), args, { user: files.user, env: serverEnv, cwd: files.home });
}

async function makeByDebian(files: ClusterFiles, name: string, segment: readonly string[]): Promise<void> {
  if (!isRoot) throw new Error('pg_createcluster needs root: skip this test with a reason');
  const cluster = ['--user', files.user.name, '--datadir', files.dataDir, '--socketdir', files.home, '--port', String(files.port)];
  const rest = ['--logfile', files.logPath, '--start-conf', 'manual', '--locale', 'C.UTF-8', '--encoding', 'UTF8'];
  await runOk('pg_createcluster', [...cluster, ...rest, String(files.major), name, '--', '--data-checksums', '--no-sync', ...segment], {
    env: serverEnv,
  });
}

/** Makes a cluster with page checksums in a directory of the test file. */
export async function makeCluster(options: ClusterOptions): Promise<ClusterFiles> {
  const user = options.user ?? postgresUser();
  const home = await tempDir('pg', { owner: user });
  const debianName = options.kind === 'pg_createcluster' ? `cdb${randomBytes(4).toString('hex')}` : undefined;
  const dataDir = join(home, 'data');
  const files: ClusterFiles = {
    major: options.major,
    binDir: await postgresBinDir(options.major, user),
    user,
    home,
    dataDir,
    configDir: debianName === undefined ? dataDir : `/etc/postgresql/${options.major}/${debianName}`,
    port: await freePort(),
    logPath: join(home, 'log'),
    debianName,
  };
  const segment = options.walSegmentMb === undefined ? [] : [`--wal-segsize=${options.walSegmentMb}`];
  if (debianName === undefined) await makeByInitdb(files, segment);
  else await makeByDebian(files, debianName, segment);
  await appendFile(join(files.configDir, 'postgresql.conf'), settingLines(testSettings(home, files.port, options.settings ?? {})));
  await writeFile(join(files.configDir, 'pg_hba.conf'), `${(options.hba ?? trust).join('\n')}\n`);
  return files;
}

/** Removes what is outside the directory of the test file. */
export async function dropCluster(files: ClusterFiles): Promise<void> {
  if (files.debianName !== undefined) await run('pg_dropcluster', ['--stop', String(files.major), files.debianName], { env: serverEnv });
}
