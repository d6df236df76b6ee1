import { readdir, readlink, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { readFileIfThere } from './atomic-file.ts';

/** What postmaster.pid says; the lines are those of PostgreSQL's pidfile.h. */
export interface Postmaster {
  pid: number;
  port: number;
  /** Empty when it listens on no Unix socket. */
  socketDir: string;
  /** `standby` is a server in recovery that lets readers in. */
  state: 'starting' | 'standby' | 'ready' | 'stopping';
}

/** The server that runs on a data directory; undefined when none does, whatever an old postmaster.pid says. */
export async function runningPostmaster(dataDir: string): Promise<Postmaster | undefined> {
  const text = await readFileIfThere(join(dataDir, 'postmaster.pid'));
  if (text === undefined) return undefined;
  const lines = text.toString('utf8').split('\n');
  const pid = Number.parseInt(lines[0] ?? '', 10);
  if (!Number.isInteger(pid) || pid <= 0 || !(await runsOn(pid, dataDir))) return undefined;
  const state = (lines[7] ?? '').trim();
  return {
    pid,
    port: Number(lines[3] ?? 0),
    socketDir: (lines[4] ?? '').trim(),
    state: state === 'ready' || state === 'standby' || state === 'stopping' ? state : 'starting',
  };
}

/**
 * A postmaster works in its data directory, so a pid that was given to another process after a reboot is told apart, and
 * so is a zombie. Where /proc is missing, a live pid has to do.
 */
export async function runsOn(pid: number, dataDir: string): Promise<boolean> {
  if (!isAlive(pid)) return false;
  if (process.platform !== 'linux') return true;
  return (await workingDirectory(pid)) === (await realpath(dataDir));
}

async function workingDirectory(pid: number | string): Promise<string | undefined> {
  try {
    return await readlink(`/proc/${pid}/cwd`);
  } catch {
    return undefined; // gone, a zombie, or of another user, who cannot run a server on a directory of ours
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/**
 * After a reboot the pid in postmaster.pid can belong to anything, and PostgreSQL then refuses to start. The file is
 * removed only when no process at all works in the data directory: children of a killed postmaster would.
 */
export async function removeStalePidFile(dataDir: string): Promise<void> {
  if (process.platform !== 'linux' || (await readFileIfThere(join(dataDir, 'postmaster.pid'))) === undefined) return;
  const directory = await realpath(dataDir);
  for (const entry of await readdir('/proc')) {
    if (/^\d+$/.test(entry) && (await workingDirectory(entry)) === directory) return;
  }
  await rm(join(dataDir, 'postmaster.pid'), { force: true });
}

/** The major version that made a data directory; undefined when it is none. */
export async function dataDirectoryMajor(dataDir: string): Promise<number | undefined> {
  const text = await readFileIfThere(join(dataDir, 'PG_VERSION'));
  return text === undefined ? undefined : Number.parseInt(text.toString('utf8'), 10);
}
