import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, expect, test } from 'vitest';
import { takeDirectoryLock } from '#operations/lock/directory';
import { processIdentity } from '#platform/process-identity';
import { tempDir } from '#support/temp-dir';

const own = { runId: 'run-a', host: 'here', purpose: 'a test', since: '2026-11-23T00:00:00.000000Z' };

let parent: string;
let directory: string;
let lockFile: string;

beforeEach(async () => {
  parent = await tempDir();
  directory = join(parent, 'data');
  lockFile = join(parent, '.data.copilot-db-lock.run-before');
});

function leaveLock(fields: object): void {
  writeFileSync(lockFile, JSON.stringify({ ...own, runId: 'run-before', pid: process.pid, startTicks: '1', bootId: 'other', ...fields }));
}

test('the second run is refused, the holder is named, and the directory itself stays untouched', async () => {
  const lock = await takeDirectoryLock(directory, own);
  const second = takeDirectoryLock(directory, { ...own, runId: 'run-b' });
  await expect(second).rejects.toMatchObject({ code: 'LOCK_HELD', details: { runId: 'run-a', pid: process.pid } });
  expect(readdirSync(parent)).toEqual(['.data.copilot-db-lock.run-a']);
  await lock.release();
  expect(readdirSync(parent)).toEqual([]);
});

test('a directory has one lock, by whatever symbolic links it is named', async () => {
  const others = await tempDir();
  symlinkSync(parent, join(others, 'parent'));
  symlinkSync(directory, join(others, 'link'));
  const lock = await takeDirectoryLock(directory, own);
  const byParent = takeDirectoryLock(join(others, 'parent', 'data'), { ...own, runId: 'run-b' });
  await expect(byParent).rejects.toMatchObject({ code: 'LOCK_HELD', details: { runId: 'run-a' } });
  mkdirSync(directory);
  const byLink = takeDirectoryLock(join(others, 'link'), { ...own, runId: 'run-c' });
  await expect(byLink).rejects.toMatchObject({ code: 'LOCK_HELD', details: { runId: 'run-a' } });
  await lock.release();
});

test('of many at once exactly one gets it', async () => {
  const attempts = Array.from({ length: 20 }, (_, index) => takeDirectoryLock(directory, { ...own, runId: `run-${index}` }));
  const outcomes = await Promise.allSettled(attempts);
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
});

test('a lock of a dead process, of a reused pid and of an earlier boot is taken over', async () => {
  const me = await processIdentity();
  for (const dead of [
    { pid: 2 ** 22 + 1, startTicks: '5', bootId: me.bootId },
    { startTicks: '5', bootId: me.bootId },
    { startTicks: me.startTicks },
  ]) {
    leaveLock(dead);
    const lock = await takeDirectoryLock(directory, own);
    await lock.release();
    expect(readdirSync(parent)).toEqual([]);
  }
});

test('a lock of a living process or of another host is left alone', async () => {
  const { startTicks, bootId } = await processIdentity();
  for (const alive of [{ startTicks, bootId }, { host: 'elsewhere' }]) {
    leaveLock(alive);
    await expect(takeDirectoryLock(directory, own)).rejects.toMatchObject({ code: 'LOCK_HELD', details: { runId: 'run-before' } });
    expect(readdirSync(parent)).toEqual(['.data.copilot-db-lock.run-before']);
  }
});
