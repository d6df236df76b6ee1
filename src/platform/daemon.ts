import { spawn } from 'node:child_process';
import { open } from 'node:fs/promises';
import { OpsError } from '#kernel/errors';
import { requireBinary } from './find-binary.ts';
import { launchAs } from './launch.ts';
import type { OsUser } from './os-user.ts';

export interface Daemon {
  pid: number;
  hasEnded(): boolean;
}

/**
 * Starts a server whose output goes to a log file. `detached` leaves it running after our exit; otherwise it gets SIGQUIT
 * when this process dies, which ends PostgreSQL and all its children at once. @throws BINARY_MISSING, CHILD_NOT_STARTED
 */
export async function startDaemon(
  program: string,
  args: readonly string[],
  options: {
    env: Readonly<Record<string, string | undefined>>;
    cwd: string;
    logPath: string;
    user: OsUser;
    detached: boolean;
    signal: AbortSignal;
  },
): Promise<Daemon> {
  options.signal.throwIfAborted();
  const path = requireBinary(program, options.env);
  const launch = launchAs(path, args, { user: options.user, deathSignal: options.detached ? undefined : 'SIGQUIT' });
  const log = await open(options.logPath, 'a', 0o600);
  try {
    const child = spawn(launch.command, launch.args, {
      cwd: options.cwd,
      env: options.env as NodeJS.ProcessEnv,
      uid: launch.uid,
      gid: launch.gid,
      stdio: ['ignore', log.fd, log.fd],
      detached: true,
    });
    child.on('error', () => {});
    if (child.pid === undefined) {
      throw new OpsError('CHILD_NOT_STARTED', { message: `The program ${program} could not be started`, details: { program } });
    }
    child.unref();
    return { pid: child.pid, hasEnded: () => child.exitCode !== null || child.signalCode !== null };
  } finally {
    await log.close();
  }
}
