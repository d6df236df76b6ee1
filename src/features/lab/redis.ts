import { randomBytes } from 'node:crypto';
import { chown, mkdir } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { OpsError } from '#kernel/errors';
import { writeFileAtomic } from '#platform/atomic-file';
import { startDaemon } from '#platform/daemon';
import { endProcess, readPidFile } from '#platform/daemon-process';
import { logTail } from '#platform/log-tail';
import type { OsUser } from '#platform/os-user';
import type { LabPlace } from './place.ts';

export interface LabRedis {
  port: number;
  password: string;
}

/** A free loopback port and a password, because every user of the host reaches the loopback. */
export async function chooseLabRedis(): Promise<LabRedis> {
  return { port: await freePort(), password: randomBytes(18).toString('base64url') };
}

export async function runningLabRedis(place: LabPlace): Promise<number | undefined> {
  return readPidFile(join(place.redisDir, 'redis.pid'), place.redisDir);
}

/** Starts redis-server to stay and waits until it answers. @throws LAB_BROKEN */
export async function startLabRedis(options: {
  place: LabPlace;
  program: string;
  redis: LabRedis;
  user: OsUser;
  env: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
}): Promise<void> {
  const { place, program, redis, user, env, signal } = options;
  if ((await runningLabRedis(place)) !== undefined) return;
  const directory = place.redisDir;
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const isOther = user.uid !== 0 && user.userNamespace !== true;
  if (isOther) await chown(directory, user.uid, user.gid);
  const configPath = join(directory, 'redis.conf');
  await writeFileAtomic(configPath, redisConfig(directory, redis), { mode: 0o600, ...(isOther ? { owner: user } : {}) });
  const logPath = join(directory, 'redis.log');
  const daemon = await startDaemon(program, [configPath], { env, cwd: directory, logPath, user, detached: true, signal });
  const deadline = Date.now() + 10_000;
  while (!(await answers(redis))) {
    if (daemon.hasEnded() || Date.now() > deadline) {
      throw new OpsError('LAB_BROKEN', {
        message: `redis-server did not answer on 127.0.0.1:${redis.port}`,
        detail: await logTail(logPath),
        details: { logPath, port: redis.port },
      });
    }
    await sleep(30);
    signal.throwIfAborted();
  }
}

/** @returns whether one ran */
export async function stopLabRedis(place: LabPlace): Promise<boolean> {
  const pid = await runningLabRedis(place);
  if (pid === undefined) return false;
  await endProcess(pid, place.redisDir, 10_000);
  return true;
}

function redisConfig(directory: string, redis: LabRedis): string {
  const lines = [
    `port ${redis.port}`,
    'bind 127.0.0.1',
    `requirepass ${redis.password}`,
    'daemonize no',
    `dir "${directory}"`,
    `pidfile "${join(directory, 'redis.pid')}"`,
    'appendonly yes',
    // Queues live here beside caches: what has no expiry must not be evicted.
    'maxmemory-policy volatile-lru',
  ];
  return `${lines.join('\n')}\n`;
}

/** Whether it takes the password and says PONG. */
function answers({ port, password }: LabRedis): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: '127.0.0.1', port });
    const finish = (result: boolean): void => {
      socket.destroy();
      resolve(result);
    };
    let text = '';
    socket.setTimeout(1000, () => finish(false));
    socket.on('error', () => finish(false));
    socket.on('connect', () => socket.write(`AUTH ${password}\r\nPING\r\n`));
    socket.on('data', (chunk) => {
      text += chunk.toString('utf8');
      if (text.includes('PONG')) finish(true);
      else if (text.startsWith('-')) finish(false);
    });
    socket.on('end', () => finish(false));
  });
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
