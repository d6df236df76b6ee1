import { spawn } from 'node:child_process';
import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { runWalProgram, walExitCodes } from '#cli/wal-program';
import { newRunId } from '#kernel/run-id';
import { Secret } from '#kernel/secret';
import { systemClock } from '#kernel/time';
import { initRepository } from '#repository/init';
import { openObjectStore } from '#stores/objects/open';
import { type FaultProxy, startFaultProxy } from '#support/fault-proxy';
import { type Fault, type RequestMatch, storeErrors } from '#support/fault-proxy/fault';
import { useRadosGateway } from '#support/rados-gateway';
import { run } from '#support/run';
import { tempDir } from '#support/temp-dir';
import { realWalHome } from '#support/wal-program';
import { makeDataDir, makeSegment } from '#support/wal-segment';

const { done, absent } = walExitCodes;
const there = '000000010000000000000001';
const notThere = '000000010000000000000002';

/** Where it strikes on the way of a fetch. */
const places: readonly (readonly [string, RequestMatch])[] = [
  ['repository.json', { operation: 'GetObject', key: /repository\.json$/ }],
  ['the system', { operation: 'GetObject', key: /systems\// }],
  ['the segment', { operation: 'GetObject', key: /\/wal\// }],
  ['the listing', { operation: 'ListObjects' }],
];

/** What is no answer to "is it there?". 404 of the key itself is one, so it is struck elsewhere only. */
const faults: readonly (readonly [string, Fault])[] = [
  ['403', storeErrors.accessDenied],
  ['404 of the bucket', storeErrors.noSuchBucket],
  ['500', storeErrors.internalError],
  ['503', storeErrors.slowDown],
  ['a reset', { kind: 'reset-before' }],
  ['a truncated answer', { kind: 'truncate', atBytes: 40 }],
];

let proxy: FaultProxy;
let configPath: string;
let dataDir: string;
let segment: Buffer;
const secretFile = async (value: string) => {
  const path = join(await tempDir('secret'), 'key');
  await writeFile(path, value, { mode: 0o600 });
  return path;
};

beforeAll(async () => {
  const gateway = await useRadosGateway();
  proxy = await startFaultProxy(gateway);
  const bucket = await gateway.createBucket();
  const { region, accessKeyId, secretAccessKey } = gateway;
  const store = await openObjectStore({
    kind: 's3',
    bucket,
    region,
    prefix: '',
    endpoint: gateway.endpoint,
    pathStyle: true,
    checksum: 'when-required',
    accessKeyId,
    secretAccessKey: new Secret(secretAccessKey),
    instanceMetadata: false,
  });
  const now = systemClock.now();
  const signal = new AbortController().signal;
  await initRepository(store, { cluster: 'test', name: 'main', codec: 'zstd', runId: newRunId(now), now, toolVersion: '0.0.0', signal });
  configPath = join(await tempDir('config'), 'copilot-db.yaml');
  await writeFile(
    configPath,
    `cluster: test
backup:
  repositories:
    - name: main
      s3: { bucket: ${bucket}, endpoint: "${proxy.endpoint}", path_style: true, access_key_id: ${accessKeyId}, secret_access_key_file: ${await secretFile(secretAccessKey)} }
`,
  );
  dataDir = await makeDataDir();
  segment = makeSegment(there);
  await writeFile(join(dataDir, 'pg_wal', there), segment);
  expect(await push(there)).toMatchObject({ code: done });
});

beforeEach(async () => {
  proxy.clear();
  await rm(join(dataDir, 'pg_wal', 'RECOVERYXLOG'), { force: true });
});

async function wal(argv: readonly string[]): Promise<{ code: number; said: string }> {
  let said = '';
  const [verb, ...rest] = argv as [string, ...string[]];
  const code = await runWalProgram({
    argv: [verb, '--config', configPath, ...rest],
    env: { PATH: process.env.PATH },
    cwd: dataDir,
    isWanted: () => true,
    signal: new AbortController().signal,
    writeError: (line) => {
      said += line;
    },
  });
  return { code, said };
}
const push = (name: string) => wal(['push', `pg_wal/${name}`]);
const fetch = (name: string, ...options: string[]) => wal(['fetch', ...options, name, 'pg_wal/RECOVERYXLOG']);

it('without a fault, absent is absent and there is there', async () => {
  expect(await fetch(notThere)).toEqual({ code: absent, said: '' });
  expect(await fetch(there)).toEqual({ code: done, said: '' });
});

describe.each(faults)('%s', (_, fault) => {
  it.each(places)('at %s never makes a file absent', async (place, match) => {
    const rule = proxy.inject(match, fault);
    const answer = await fetch(notThere);
    // The absent segment has no body to cut, and the listing's answer is short.
    const isStruck = rule.struck > 0 && !(fault.kind === 'truncate' && place === 'the segment');
    expect(isStruck || fault.kind === 'truncate').toBe(true);
    if (isStruck) expect([done, absent]).not.toContain(answer.code);
  });

  it('at any of them never brings a file that is not right', async () => {
    for (const [, match] of places) proxy.inject(match, fault);
    expect([done, absent]).not.toContain((await fetch(there)).code);
    await expect(readFile(join(dataDir, 'pg_wal', 'RECOVERYXLOG'))).rejects.toThrow('ENOENT');
  });
});

it.each<[string, Fault]>([
  ['a flipped byte', { kind: 'flip-byte', at: 1000 }],
  ['a quietly shorter answer', { kind: 'truncate', atBytes: 1000, quietly: true }],
  ['a reset within the answer', { kind: 'reset-in-answer', afterBytes: 1000 }],
])('%s in the segment is noticed', async (_, fault) => {
  proxy.inject({ operation: 'GetObject', key: /\/wal\// }, fault);
  expect([done, absent]).not.toContain((await fetch(there)).code);
  await expect(readFile(join(dataDir, 'pg_wal', 'RECOVERYXLOG'))).rejects.toThrow('ENOENT');
});

it('404 of repository.json or of the system is no absence', async () => {
  proxy.inject({ operation: 'GetObject', key: /repository\.json$/ }, storeErrors.noSuchKey);
  expect(await fetch(notThere)).toMatchObject({ code: 2, said: expect.stringContaining('REPOSITORY_NOT_INITIALISED') });
  proxy.clear();
  proxy.inject({ operation: 'GetObject', key: /systems\// }, storeErrors.noSuchKey);
  expect(await fetch(notThere)).toMatchObject({ code: 5, said: expect.stringContaining('REPOSITORY_SYSTEM_FOREIGN') });
});

it('404 of a segment that the listing shows is no absence', async () => {
  proxy.inject({ operation: 'GetObject', key: /\/wal\// }, storeErrors.noSuchKey);
  expect(await fetch(there)).toMatchObject({ code: 7, said: expect.stringContaining('WAL_LISTING_CONTRADICTS') });
});

it('a standby asks again before it gives up', async () => {
  proxy.inject({ operation: 'GetObject', key: /\/wal\//, nth: 1, times: 4 }, storeErrors.slowDown);
  expect(await fetch(there, '--mode', 'standby')).toEqual({ code: done, said: '' });
  expect((await readFile(join(dataDir, 'pg_wal', 'RECOVERYXLOG'))).equals(segment)).toBe(true);
});

describe('a push', () => {
  const name = '000000010000000000000004';

  it.each<[string, Fault]>([
    ['403', storeErrors.accessDenied],
    ['404 of the bucket', storeErrors.noSuchBucket],
    ['500', storeErrors.internalError],
    ['a reset within the request', { kind: 'reset-in-request', afterBytes: 1000 }],
  ])('is not acknowledged when the put ends in %s', async (_, fault) => {
    await writeFile(join(dataDir, 'pg_wal', name), makeSegment(name));
    proxy.inject({ operation: 'PutObject' }, fault);
    expect((await push(name)).code).not.toBe(done);
    proxy.clear();
    expect(await fetch(name)).toEqual({ code: absent, said: '' });
  });

  it('whose answer is lost is acknowledged when the file is there', async () => {
    await writeFile(join(dataDir, 'pg_wal', name), makeSegment(name));
    proxy.inject({ operation: 'PutObject', times: 1 }, { kind: 'lost-answer' });
    expect(await push(name)).toEqual({ code: done, said: '' });
    expect(await fetch(name)).toMatchObject({ code: done });
  });
});

describe('the wrapper', () => {
  const next = '000000010000000000000005';
  const fetchArgs = () => ['fetch', '--config', configPath, next, 'pg_wal/RECOVERYXLOG'];
  const env = { PATH: process.env.PATH };

  it('tells PostgreSQL 126 and 1, with the code in the log', async () => {
    const { wrapper } = await realWalHome();
    expect(await run(wrapper, fetchArgs(), { cwd: dataDir, env })).toMatchObject({ code: 1, stderr: '' });
    proxy.inject({ operation: 'ListObjects' }, storeErrors.accessDenied);
    const denied = await run(wrapper, fetchArgs(), { cwd: dataDir, env });
    expect(denied).toMatchObject({ code: 126, stderr: expect.stringContaining('OBJECT_ACCESS_DENIED') });
    proxy.inject({ operation: 'PutObject' }, storeErrors.accessDenied);
    await writeFile(join(dataDir, 'pg_wal', next), makeSegment(next));
    const pushed = await run(wrapper, ['push', '--config', configPath, `pg_wal/${next}`], { cwd: dataDir, env });
    expect(pushed).toMatchObject({ code: 1, stderr: expect.stringContaining('OBJECT_ACCESS_DENIED') });
  });

  it('dies of SIGTERM at once while the store is silent', async () => {
    const { wrapper } = await realWalHome();
    const hanging = proxy.inject({ operation: 'GetObject', key: /\/wal\// }, { kind: 'hang' });
    const child = spawn(wrapper, fetchArgs(), { cwd: dataDir, env, stdio: 'ignore' });
    await vi.waitFor(() => expect(hanging.struck).toBe(1), { timeout: 20_000 });
    const startedMs = performance.now();
    const ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal })));
    child.kill('SIGTERM');
    expect(await ended).toEqual({ code: null, signal: 'SIGTERM' });
    expect(performance.now() - startedMs).toBeLessThan(3000);
    expect(await readdir(join(dataDir, 'pg_wal'))).not.toContainEqual(expect.stringMatching(/tmp|RECOVERYXLOG/));
  });
});
