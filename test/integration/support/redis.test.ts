import { expect, it } from 'vitest';
import { leftIn } from '#support/processes';
import { startRedis } from '#support/redis';

it('runs on a loopback port, keeps what was written through kill -9, and leaves nothing', async () => {
  const redis = await startRedis({ password: 'pw' });
  expect(leftIn(redis.directory).ports).toEqual([redis.port]);
  expect(await redis.command('SET', 'a', '1')).toBe('OK');
  await redis.kill9();
  expect(leftIn(redis.directory)).toEqual({ processes: [], ports: [] });
  await redis.start();
  expect(await redis.command('GET', 'a')).toBe('1');
  await expect(redis.command('NOSUCH')).rejects.toThrow(/unknown command/);
  await redis.stop();
  expect(redis.isRunning()).toBe(false);
});

it('runs on a socket alone', async () => {
  const redis = await startRedis({ socket: true, settings: { 'maxmemory-policy': 'volatile-lru' } });
  expect(leftIn(redis.directory).ports).toEqual([]);
  expect(await redis.command('CONFIG', 'GET', 'maxmemory-policy')).toContain('volatile-lru');
});
