import { OpsError } from '#kernel/errors';
import { runChild } from './child.ts';
import { startDaemon } from './daemon.ts';
import type { OsUser } from './os-user.ts';
import type { PostgresPrograms } from './postgres-programs.ts';
import { removeStalePidFile, runningPostmaster } from './postmaster.ts';
import { type Readiness, waitForPostmaster } from './postmaster-wait.ts';
import { stopGroup } from './process-group.ts';
import { writeServerFiles } from './server-files.ts';
import { prepareSocketDirectory, socketDirectoryFor } from './socket-directory.ts';
import { type StopMode, stopPostgres } from './stop-postgres.ts';

export interface PrivatePostgres {
  pid: number;
  /** The socket's directory, as libpq takes it for a host. */
  host: string;
  port: number;
  /** `standby` while it is in recovery and lets readers in. */
  state: 'ready' | 'standby';
  stop(mode?: StopMode): Promise<void>;
  isRunning(): Promise<boolean>;
}

export interface PrivatePostgresOptions {
  programs: PostgresPrograms;
  dataDir: string;
  /** Wanted place of the socket; `host` of the result is the real one, since a socket's path may have 107 bytes at most. */
  socketDir: string;
  /** Only names the socket: the server listens on no network. */
  port: number;
  settings: Readonly<Record<string, string>>;
  logPath: string;
  user: OsUser;
  /** Where our configuration files go; the data directory unless told. */
  configDir?: string;
  hbaFile?: string;
  /** Stays up after our exit. */
  detached?: boolean;
  /** `ready`, out of recovery, unless told. */
  waitUntil?: Readiness;
  /** Until it is ready; 60,000 ms unless told. */
  timeoutMs?: number;
  /** The server's environment and that of all it runs; a PATH unless told. */
  env?: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
}

/**
 * Creates a cluster with page checksums, superuser `postgres`, UTF-8 and the C locale (equal everywhere).
 * The parent directory has to let `user` create `dataDir`, or `dataDir` is empty and theirs. @throws SERVER_INIT_FAILED
 */
export async function initialiseCluster(options: {
  programs: PostgresPrograms;
  dataDir: string;
  user: OsUser;
  extraArguments?: readonly string[];
  signal: AbortSignal;
}): Promise<void> {
  const { programs, dataDir, user, signal } = options;
  const fixed = ['--data-checksums', '--username=postgres', '--encoding=UTF8', '--locale=C', '--auth=trust', '--no-instructions'];
  const initdb = await runChild(programs.path('initdb') ?? 'initdb', [`--pgdata=${dataDir}`, ...fixed, ...(options.extraArguments ?? [])], {
    user,
    cwd: '/',
    signal,
  });
  if (initdb.succeeded) return;
  throw new OpsError('SERVER_INIT_FAILED', {
    message: `Initdb could not create ${dataDir}`,
    detail: initdb.stderrTail,
    details: { dataDir, exitCode: initdb.code, user: user.name },
  });
}

/**
 * Starts a server on a Unix socket with a configuration of its own and waits until it lets clients in.
 * Aborting while it starts stops it. @throws SERVER_ALREADY_RUNNING, SERVER_START_FAILED, SERVER_START_TIMEOUT, BINARY_MISSING
 */
export async function startPrivatePostgres(options: PrivatePostgresOptions): Promise<PrivatePostgres> {
  const { programs, dataDir, user, signal, logPath } = options;
  await refuseRunning(dataDir);
  await removeStalePidFile(dataDir);
  const host = socketDirectoryFor(options.socketDir, user);
  await prepareSocketDirectory(host, user);
  const settings = { ...quietDefaults, ...options.settings };
  const fixed = { ...closedToTheNetwork, unix_socket_directories: host, port: String(options.port) };
  const configDir = options.configDir ?? dataDir;
  const configArguments = await writeServerFiles(configDir, { settings, fixed, hbaFile: options.hbaFile, user });
  const daemon = await startDaemon(programs.path('postgres') ?? 'postgres', ['-D', dataDir, ...configArguments], {
    env: { PATH: '/usr/local/bin:/usr/bin:/bin', LC_ALL: 'C', ...options.env },
    cwd: dataDir,
    logPath,
    user,
    detached: options.detached ?? false,
    signal,
  });
  try {
    const { pid, state } = await waitForPostmaster(dataDir, {
      until: options.waitUntil ?? 'ready',
      hasEnded: daemon.hasEnded,
      logPath,
      timeoutMs: options.timeoutMs ?? 60_000,
      signal,
    });
    return runningServer(dataDir, { pid, host, port: options.port, state: state === 'standby' ? 'standby' : 'ready' });
  } catch (error) {
    await stopGroup(daemon.pid, 'SIGQUIT', 10_000);
    throw error;
  }
}

/** The server of a data directory that runs already, for a later command; undefined when none does. */
export async function findPrivatePostgres(dataDir: string): Promise<PrivatePostgres | undefined> {
  const postmaster = await runningPostmaster(dataDir);
  if (postmaster === undefined || (postmaster.state !== 'ready' && postmaster.state !== 'standby')) return undefined;
  return runningServer(dataDir, { pid: postmaster.pid, host: postmaster.socketDir, port: postmaster.port, state: postmaster.state });
}

function runningServer(dataDir: string, facts: Pick<PrivatePostgres, 'pid' | 'host' | 'port' | 'state'>): PrivatePostgres {
  return {
    ...facts,
    async stop(mode = 'fast') {
      await stopPostgres(dataDir, { mode, signal: AbortSignal.timeout(120_000) });
    },
    isRunning: async () => (await runningPostmaster(dataDir))?.pid === facts.pid,
  };
}

async function refuseRunning(dataDir: string): Promise<void> {
  const postmaster = await runningPostmaster(dataDir);
  if (postmaster === undefined) return;
  throw new OpsError('SERVER_ALREADY_RUNNING', {
    message: `A PostgreSQL server (pid ${postmaster.pid}) already runs on ${dataDir}`,
    details: { dataDir, pid: postmaster.pid },
  });
}

const quietDefaults = { timezone: 'UTC', log_timezone: 'UTC', lc_messages: 'C', log_line_prefix: '%m [%p] ', logging_collector: 'off' };

/** Not to be overridden: a private server is reached by its socket or not at all. */
const closedToTheNetwork = { listen_addresses: '', unix_socket_permissions: '0700', ssl: 'off' };
