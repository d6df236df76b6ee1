import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { OpsError } from '#kernel/errors';
import { requireBinary } from './find-binary.ts';
import { bareEnvironment, launchAs } from './launch.ts';
import type { OsUser } from './os-user.ts';
import { forgetGroup, signalGroup, stopGroup, watchGroup } from './process-group.ts';
import { keepTail } from './text-tail.ts';

export interface ChildOptions {
  /** All of it; without one the child gets a PATH and nothing of ours. */
  env?: Readonly<Record<string, string | undefined>>;
  cwd?: string;
  stdin?: 'pipe' | 'ignore';
  /** Stops the child and all it started. */
  signal: AbortSignal;
  user?: OsUser | undefined;
  /** What asks it to end; SIGTERM unless told. */
  stopSignal?: NodeJS.Signals;
  /** From asking to SIGKILL; 5,000 ms unless told. */
  killAfterMs?: number;
}

export interface ChildExit {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** The last 8 KiB of stderr, whole lines. */
  stderrTail: string;
  succeeded: boolean;
}

export interface Child {
  pid: number;
  stdin: Writable | null;
  /** Must be read, or the child blocks. */
  stdout: Readable;
  /** When it has ended, its output is closed and nothing of its group is left. Never rejects. */
  done: Promise<ChildExit>;
  /** Asks, then kills, the whole group; resolves when nothing is left. */
  stop(): Promise<void>;
}

const stderrTailBytes = 8 * 1024;

/**
 * Starts a program in its own process group, without a shell. It ends with us: on abort, on exit, and (Linux) when this
 * process is killed. @throws BINARY_MISSING, CHILD_NOT_STARTED, or the signal's reason when it is aborted already
 */
export function spawnChild(command: string, args: readonly string[], options: ChildOptions): Child {
  options.signal.throwIfAborted();
  const env = options.env ?? bareEnvironment;
  const launch = launchAs(requireBinary(command, env), args, { user: options.user, deathSignal: 'SIGKILL' });
  const child = spawn(launch.command, launch.args, {
    cwd: options.cwd,
    env: env as NodeJS.ProcessEnv,
    uid: launch.uid,
    gid: launch.gid,
    stdio: [options.stdin ?? 'ignore', 'pipe', 'pipe'],
    detached: true,
  });
  child.on('error', () => {});
  if (child.pid === undefined) {
    throw new OpsError('CHILD_NOT_STARTED', {
      message: `The program ${command} could not be started${options.cwd === undefined ? '' : ` in ${options.cwd}`}`,
      details: { program: command, cwd: options.cwd },
    });
  }
  return superviseChild(child, child.pid, options);
}

function superviseChild(child: ChildProcess, pid: number, options: ChildOptions): Child {
  const stdout = child.stdout as Readable;
  const stderr = child.stderr as Readable;
  const stderrTail = keepTail(stderr, stderrTailBytes);
  child.stdin?.on('error', () => {}); // EPIPE: the exit status says more
  watchGroup(pid);
  let stopping: Promise<void> | undefined;

  const ended = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once('close', (code, signal) => resolve({ code, signal }));
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = async (): Promise<void> => {
    stopping ??= stopGroup(pid, options.stopSignal ?? 'SIGTERM', options.killAfterMs ?? 5000).then(async () => {
      await exited;
      // A descendant that left the group may hold the pipes; after the grace they are ours to close.
      await Promise.race([ended, sleep(1000, undefined, { ref: false })]);
      stdout.destroy();
      stderr.destroy();
    });
    await stopping;
    await done;
  };
  const onAbort = (): void => void stop();
  options.signal.addEventListener('abort', onAbort, { once: true });

  const done = ended.then(async ({ code, signal }): Promise<ChildExit> => {
    await stopping;
    signalGroup(pid, 'SIGKILL'); // what it left behind in its group
    forgetGroup(pid);
    options.signal.removeEventListener('abort', onAbort);
    return { code, signal, stderrTail: stderrTail(), succeeded: code === 0 };
  });
  return { pid, stdin: child.stdin, stdout, done, stop };
}

/**
 * Runs a program to its end and returns its output; a non-zero exit is a result, not an error.
 * @throws BINARY_MISSING, CHILD_OUTPUT_TOO_LARGE, the signal's reason when it was aborted
 */
export async function runChild(
  command: string,
  args: readonly string[],
  options: Omit<ChildOptions, 'stdin'> & { input?: Buffer | string; maxOutputBytes?: number },
): Promise<ChildExit & { stdout: Buffer }> {
  const { input, maxOutputBytes = 16 * 1024 * 1024, ...rest } = options;
  const child = spawnChild(command, args, { ...rest, stdin: input === undefined ? 'ignore' : 'pipe' });
  child.stdin?.end(input);
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  child.stdout.on('error', () => {});
  child.stdout.on('data', (chunk: Buffer) => {
    sizeBytes += chunk.length;
    if (sizeBytes <= maxOutputBytes) chunks.push(chunk);
    else void child.stop();
  });
  const exit = await child.done;
  options.signal.throwIfAborted();
  if (sizeBytes > maxOutputBytes) {
    throw new OpsError('CHILD_OUTPUT_TOO_LARGE', {
      message: `The program ${command} printed more than ${maxOutputBytes} bytes`,
      details: { program: command, maxOutputBytes },
    });
  }
  return { ...exit, stdout: Buffer.concat(chunks) };
}
