import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { killProcesses, listProcesses } from '../../scripts/test/processes.mjs';
import { freePort } from './free-port.ts';
import { atFileEnd } from './reaper.ts';
import { run, runOk } from './run.ts';
import { tempDir } from './temp-dir.ts';

export interface RedisOptions {
  /** Lines of redis.conf: name and value. */
  settings?: Readonly<Record<string, string>>;
  password?: string;
  /** Listen on a socket in the directory instead of a loopback port. */
  socket?: boolean;
}

export interface RedisServer {
  directory: string;
  host: string;
  /** 0 when it listens on a socket only. */
  port: number;
  socketPath: string | undefined;
  password: string | undefined;
  /** One command through redis-cli. @returns its raw answer without the last newline @throws when Redis answers with an error */
  command(...args: readonly string[]): Promise<string>;
  start(): Promise<void>;
  stop(): Promise<void>;
  kill9(): Promise<void>;
  isRunning(): boolean;
  log(): Promise<string>;
}

/** A Redis 7 of this test file, on a free loopback port or a socket, with its data in a temporary directory. */
export async function startRedis(options: RedisOptions = {}): Promise<RedisServer> {
  const directory = await tempDir('redis');
  const port = options.socket === true ? 0 : await freePort();
  const socketPath = options.socket === true ? join(directory, 'redis.sock') : undefined;
  const configPath = join(directory, 'redis.conf');
  const logPath = join(directory, 'log');
  const settings = {
    bind: '127.0.0.1',
    port: String(port),
    dir: directory,
    daemonize: 'no',
    appendonly: 'yes',
    ...(socketPath === undefined ? {} : { unixsocket: socketPath }),
    ...(options.password === undefined ? {} : { requirepass: options.password }),
    ...options.settings,
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} ${value}\n`);
  await writeFile(configPath, lines.join(''), { mode: 0o600 });

  const address = socketPath === undefined ? ['-h', '127.0.0.1', '-p', String(port)] : ['-s', socketPath];
  const env = { PATH: process.env.PATH, ...(options.password === undefined ? {} : { REDISCLI_AUTH: options.password }) };
  const processes = () => listProcesses().filter((entry) => entry.name === 'redis-server' && entry.cwd === directory);

  const waitUntil = async (what: string, done: () => Promise<boolean> | boolean) => {
    for (const deadline = Date.now() + 20_000; Date.now() < deadline; await sleep(30)) {
      if (await done()) return;
    }
    throw new Error(`Redis did not ${what}: ${await readFile(logPath, 'utf8').catch(() => '(no log)')}`);
  };

  const server: RedisServer = {
    directory,
    host: '127.0.0.1',
    port,
    socketPath,
    password: options.password,
    command: async (...args) => (await runOk('redis-cli', [...address, '--no-auth-warning', '-e', ...args], { env })).replace(/\n$/, ''),
    async start() {
      const log = openSync(logPath, 'a');
      const child = spawn('redis-server', [configPath], { detached: true, cwd: directory, stdio: ['ignore', log, log] });
      closeSync(log);
      child.once('error', () => {});
      child.unref();
      await waitUntil('start', async () => (await run('redis-cli', [...address, 'PING'], { env })).stdout.trim() === 'PONG');
    },
    async stop() {
      for (const { pid } of processes()) process.kill(pid, 'SIGTERM');
      await waitUntil('stop', () => !server.isRunning());
    },
    kill9: () => killProcesses(processes()),
    isRunning: () => processes().length > 0,
    log: () => readFile(logPath, 'utf8'),
  };
  atFileEnd(() => server.kill9());
  await server.start();
  return server;
}
