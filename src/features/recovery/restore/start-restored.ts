import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isOpsError, OpsError } from '#kernel/errors';
import type { Reporter } from '#kernel/events';
import type { Lsn } from '#kernel/lsn';
import type { Moment } from '#kernel/time';
import type { OsUser } from '#platform/os-user';
import type { PostgresPrograms } from '#platform/postgres-programs';
import { runningPostmaster } from '#platform/postmaster';
import { findPrivatePostgres, type PrivatePostgres, startPrivatePostgres } from '#platform/private-postgres';
import type { BaseManifest } from '#repository/manifest';
import { awaitRecovery, stoppedError } from './await-recovery.ts';
import { doubtAbout } from './judge-recovery.ts';
import { limitSettings } from './lay-out-files.ts';
import type { RestoreFacts } from './plan-restore.ts';
import { readLogFrom, shutDownAtTarget } from './recovery-log.ts';
import { readEndOfRecovery } from './recovery-state.ts';

export interface StartOptions {
  facts: RestoreFacts;
  manifest: BaseManifest;
  programs: PostgresPrograms;
  user: OsUser;
  usernames: readonly string[];
  /** Where the newest archived segment begins. */
  newestSegmentStart: Lsn;
  env: Readonly<Record<string, string | undefined>>;
  reporter: Reporter;
  signal: AbortSignal;
}

export interface Recovered {
  state: 'running' | 'paused' | 'stopped';
  connection: { host: string; port: number } | null;
  reachedLsn: Lsn | null;
  reachedTime: Moment | null;
  timeline: number | null;
  /** PostgreSQL's own words for where it stopped. */
  reason: string;
}

const port = 5432;
const longestRecoveryMs = 14 * 86_400_000;

/**
 * Starts the restored cluster for its recovery and proves where it ended. It stays up when this resolves; when it rejects nothing runs.
 * @throws RESTORE_SERVER_STOPPED, RESTORE_TARGET_BEYOND_ARCHIVE, RESTORE_UNPROVEN, SERVER_*, the signal's reason
 */
export async function startRestored(options: StartOptions): Promise<Recovered> {
  const { facts, reporter, signal } = options;
  const logPath = join(facts.dataDir, 'copilot-db.log');
  const logOffset = (await stat(logPath).catch(() => undefined))?.size ?? 0;
  reporter.progress({ phase: 'replay', done: 0, unit: 'bytes' });
  let server: PrivatePostgres;
  try {
    // An earlier run may have been killed while its server went on.
    server = (await adoptRunning(facts.dataDir, signal)) ?? (await start(options, logPath));
  } catch (error) {
    if (!isOpsError(error, 'SERVER_START_FAILED')) throw error;
    const log = await readLogFrom(logPath, logOffset);
    if (facts.action === 'shutdown' && shutDownAtTarget(log)) return shutDown();
    throw stoppedError(log);
  }
  try {
    return await prove(options, server, { logPath, logOffset });
  } catch (error) {
    const log = await readLogFrom(logPath, logOffset);
    if (isOpsError(error, 'RESTORE_SERVER_STOPPED') && facts.action === 'shutdown' && shutDownAtTarget(log)) return shutDown();
    await server.stop('fast').catch(() => server.stop('immediate'));
    throw error;
  }
}

async function prove(options: StartOptions, server: PrivatePostgres, log: { logPath: string; logOffset: number }): Promise<Recovered> {
  const { facts, manifest, newestSegmentStart } = options;
  const state = await awaitRecovery({ server, ...log, ...options, startLsn: manifest.startLsn });
  const end = state.isInRecovery ? undefined : await readEndOfRecovery(facts.dataDir, state.timeline);
  const doubt = doubtAbout({ target: facts.target, action: facts.action, state, end, newestSegmentStart });
  if (doubt !== undefined) {
    throw new OpsError('RESTORE_UNPROVEN', {
      message: `The recovery in ${facts.dataDir} is not proven: ${doubt}`,
      details: { dataDir: facts.dataDir },
    });
  }
  return {
    state: state.isInRecovery ? 'paused' : 'running',
    connection: { host: server.host, port: server.port },
    reachedLsn: end?.lsn ?? state.replayedLsn,
    reachedTime: state.replayedAt,
    timeline: state.timeline,
    reason: end?.reason ?? 'paused at the recovery target',
  };
}

/** The server that an earlier run left, once it answers; undefined when none runs, or when it ends meanwhile. */
async function adoptRunning(dataDir: string, signal: AbortSignal): Promise<PrivatePostgres | undefined> {
  while ((await runningPostmaster(dataDir)) !== undefined) {
    const server = await findPrivatePostgres(dataDir);
    if (server !== undefined) return server;
    await sleep(100);
    signal.throwIfAborted();
  }
  return undefined;
}

function start({ facts, manifest, programs, user, env, signal }: StartOptions, logPath: string): Promise<PrivatePostgres> {
  return startPrivatePostgres({
    programs,
    dataDir: facts.dataDir,
    socketDir: facts.dataDir,
    port,
    settings: { ...limitSettings(manifest), ...quietCopy },
    logPath,
    user,
    detached: true,
    waitUntil: 'accepting',
    timeoutMs: longestRecoveryMs,
    env: serverEnvironment(env),
    signal,
  });
}

/** The copy must not act in the world: no archiving, no subscriptions, no schedulers that a library would bring. */
const quietCopy = {
  archive_mode: 'off',
  hot_standby: 'on',
  max_logical_replication_workers: '0',
  shared_preload_libraries: '',
};

/**
 * restore_command inherits it, and the configuration may take the store's credentials from it. What would change the server itself is
 * left out, and so are locales, which may not be installed for the server.
 */
export function serverEnvironment(env: Readonly<Record<string, string | undefined>>): Record<string, string | undefined> {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(PG|NODE_|LC_|LANG|COPILOT_DB_CONFIG$|TZ$)/.test(name)));
}

function shutDown(): Recovered {
  return { state: 'stopped', connection: null, reachedLsn: null, reachedTime: null, timeline: null, reason: 'shutdown at recovery target' };
}
