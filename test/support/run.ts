import { spawn } from 'node:child_process';
import { asUser, currentTestUser, type TestUser } from './os-users.ts';

export interface RunResult {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface RunOptions {
  user?: TestUser;
  env?: Record<string, string | undefined>;
  cwd?: string;
  input?: string | Buffer;
  /** Killed after this; 60 s unless given. */
  timeoutMs?: number;
}

/** Runs a program to its end. Never throws for an exit code: tests look at it. */
export async function run(command: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const spawned = asUser(options.user ?? currentTestUser(), command, args);
  const child = spawn(spawned.command, spawned.args, {
    cwd: options.cwd ?? '/',
    env: options.env ?? process.env,
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: options.timeoutMs ?? 60_000,
    killSignal: 'SIGKILL',
  });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  child.stdin.on('error', () => {});
  child.stdin.end(options.input);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) =>
      resolve({ code, signal, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() }),
    );
  });
}

/** Runs a program that has to succeed. @returns its stdout @throws with everything it said */
export async function runOk(command: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const result = await run(command, args, options);
  if (result.code === 0) return result.stdout;
  throw new Error(`${[command, ...args].join(' ')} ended with ${result.code ?? result.signal}\n${result.stdout}${result.stderr}`);
}
