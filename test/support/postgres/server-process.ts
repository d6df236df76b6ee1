import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { killProcesses, listProcesses, type ProcessEntry } from '../../../scripts/test/processes.mjs';
import { asUser } from '../os-users.ts';
import { type ClusterFiles, serverEnv } from './make-cluster.ts';

const startTimeoutMs = 90_000;
const signals = { smart: 'SIGTERM', fast: 'SIGINT', immediate: 'SIGQUIT' } as const;
export type StopMode = keyof typeof signals;

async function pidFile(files: ClusterFiles): Promise<{ pid: number; status: string } | undefined> {
  const lines = (await readFile(join(files.dataDir, 'postmaster.pid'), 'utf8').catch(() => '')).split('\n');
  const pid = Number(lines[0]);
  return Number.isInteger(pid) && pid > 0 ? { pid, status: (lines[7] ?? '').trim() } : undefined;
}

/** The postmaster of this data directory, whoever started it. */
export async function findPostmaster(files: ClusterFiles): Promise<ProcessEntry | undefined> {
  const pid = (await pidFile(files))?.pid;
  return listProcesses().find((entry) => entry.pid === pid && entry.cwd === files.dataDir);
}

async function failure(what: string, files: ClusterFiles): Promise<Error> {
  const text = await readFile(files.logPath, 'utf8').catch(() => '(no log)');
  return new Error(`PostgreSQL did not ${what}:\n${text.trimEnd().split('\n').slice(-25).join('\n')}`);
}

/**
 * Starts the postmaster as a child of the test process, not with pg_ctl: a killed orphan stays a zombie until process 1 looks at it,
 * and while it does PostgreSQL takes the dead server for a living one and refuses to start.
 */
export async function startPostmaster(files: ClusterFiles): Promise<void> {
  const debian =
    files.debianName === undefined
      ? []
      : [
          '-c',
          `config_file=${files.configDir}/postgresql.conf`,
          '-c',
          `external_pid_file=/var/run/postgresql/${files.major}-${files.debianName}.pid`,
        ];
  const { command, args } = asUser(files.user, join(files.binDir, 'postgres'), ['-D', files.dataDir, ...debian]);
  const log = openSync(files.logPath, 'a', 0o644);
  const child = spawn(command, args, { detached: true, cwd: files.home, env: serverEnv, stdio: ['ignore', log, log] });
  closeSync(log);
  let ended = false;
  child.once('exit', () => {
    ended = true;
  });
  child.once('error', () => {
    ended = true;
  });
  child.unref();
  for (const deadline = Date.now() + startTimeoutMs; Date.now() < deadline && !ended; await sleep(50)) {
    const found = await pidFile(files);
    if (found?.pid === child.pid && (found?.status === 'ready' || found?.status === 'standby')) return;
  }
  throw await failure('start', files);
}

export async function stopPostmaster(files: ClusterFiles, mode: StopMode): Promise<void> {
  const postmaster = await findPostmaster(files);
  if (postmaster === undefined) return;
  process.kill(postmaster.pid, signals[mode]);
  for (const deadline = Date.now() + startTimeoutMs; Date.now() < deadline; await sleep(50)) {
    if ((await findPostmaster(files)) === undefined && !listProcesses().some((entry) => entry.pid === postmaster.pid)) return;
  }
  throw await failure('stop', files);
}

/** As a crash would: the postmaster and every child at once. */
export async function killPostmaster(files: ClusterFiles): Promise<void> {
  const postmaster = await findPostmaster(files);
  if (postmaster === undefined) return;
  // The postmaster first: it must not see its children die and recover from it.
  await killProcesses([postmaster, ...listProcesses().filter((entry) => entry.parentPid === postmaster.pid)]);
}
