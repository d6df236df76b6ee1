import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { Secret } from '#kernel/secret';
import type { ObjectStore } from '#stores/objects/object-store';
import { openObjectStore, type S3Settings } from '#stores/objects/open';
import { type FaultProxy, startFaultProxy } from '#support/fault-proxy';
import { storeErrors } from '#support/fault-proxy/fault';
import { freePort } from '#support/free-port';
import { type RadosGateway, useRadosGateway } from '#support/rados-gateway';
import { tempDir } from '#support/temp-dir';

const signal = new AbortController().signal;
const mebi = 1024 ** 2;

let gateway: RadosGateway;
let proxy: FaultProxy;
let settings: S3Settings & { kind: 's3' };
/** Through the proxy, and past it. */
let store: ObjectStore;
let direct: ObjectStore;

beforeAll(async () => {
  gateway = await useRadosGateway();
  proxy = await startFaultProxy(gateway);
  settings = {
    kind: 's3',
    bucket: await gateway.createBucket(),
    region: gateway.region,
    prefix: '',
    endpoint: proxy.endpoint,
    pathStyle: true,
    checksum: 'when-required',
    accessKeyId: gateway.accessKeyId,
    secretAccessKey: new Secret(gateway.secretAccessKey),
    instanceMetadata: false,
  };
  store = await openObjectStore(settings);
  direct = await openObjectStore({ ...settings, endpoint: gateway.endpoint });
});
beforeEach(() => proxy.clear());

describe('put if absent', () => {
  test('whose answer is lost is known as our own', async () => {
    const fault = proxy.inject({ operation: 'PutObject', times: 1 }, { kind: 'lost-answer' });
    expect(await store.putIfAbsent('lost', Buffer.from('mine'), { runId: 'run-1', signal })).toBe('created');
    expect(fault.struck).toBe(1);
    expect(proxy.count({ operation: 'PutObject' })).toBe(2);
    expect((await direct.getBuffer('lost', { signal })).body.toString()).toBe('mine');
  });

  test('whose answer is lost after another run was first is not', async () => {
    await direct.putIfAbsent('theirs', Buffer.from('theirs'), { runId: 'run-2', signal });
    proxy.inject({ operation: 'PutObject', times: 1 }, { kind: 'lost-answer' });
    expect(await store.putIfAbsent('theirs', Buffer.from('mine'), { runId: 'run-1', signal })).toBe('exists');
    expect((await direct.getBuffer('theirs', { signal })).body.toString()).toBe('theirs');
  });

  test('is tried again when another writer is at it, and only so often', async () => {
    proxy.inject({ operation: 'PutObject', times: 2 }, { kind: 'error', status: 409, code: 'ConditionalRequestConflict' });
    expect(await store.putIfAbsent('conflict', Buffer.from('x'), { runId: 'r', signal })).toBe('created');
    proxy.clear();
    proxy.inject({ operation: 'PutObject' }, { kind: 'error', status: 409, code: 'ConditionalRequestConflict' });
    await expect(store.putIfAbsent('conflict-2', Buffer.from('x'), { runId: 'r', signal })).rejects.toMatchObject({
      code: 'OBJECT_STORE_UNAVAILABLE',
    });
    expect(proxy.count({ operation: 'PutObject' })).toBe(8);
  });
});

describe('passing trouble', () => {
  test.each([
    ['503', storeErrors.slowDown],
    ['500', storeErrors.internalError],
    ['a reset before the request', { kind: 'reset-before' }],
    ['a reset after the request', { kind: 'reset-after-request' }],
    ['a lost answer', { kind: 'lost-answer' }],
  ] as const)('%s on every first try is got over by every request', async (name, fault) => {
    const folder = `passing/${name.replaceAll(/[^a-z0-9]/g, '-')}`;
    for (const operation of [
      'PutObject',
      'CreateMultipartUpload',
      'UploadPart',
      'CompleteMultipartUpload',
      'HeadObject',
      'GetObject',
      'ListObjects',
      'DeleteObjects',
    ] as const) {
      proxy.inject({ operation, times: 1 }, fault);
    }
    const body = randomBytes(17 * mebi);
    expect(await store.putStream(`${folder}/large`, Readable.from([body]), { signal })).toBe(body.length);
    expect(await store.putIfAbsent(`${folder}/small`, Buffer.from('x'), { runId: 'r', signal })).toBe('created');
    expect((await store.getBuffer(`${folder}/large`, { maxBytes: 20 * mebi, signal })).body.equals(body)).toBe(true);
    expect(await keysOf(store.list(`${folder}/`, { signal }))).toEqual([`${folder}/large`, `${folder}/small`]);
    expect(await store.deleteBatch([`${folder}/large`, `${folder}/small`], { signal })).toEqual([]);
    expect(await keysOf(direct.list(`${folder}/`, { signal }))).toEqual([]);
    // A CreateMultipartUpload whose answer was lost leaves an upload that only a later cleaning finds.
    await direct.abortLeftovers(folder, { olderThan: new Date(Date.now() + 60_000), signal });
  });

  test('a body that breaks off is read again as a whole', async () => {
    const body = randomBytes(300_000);
    await direct.putIfAbsent('breaks', body, { runId: 'r', signal });
    proxy.inject({ operation: 'GetObject', times: 2 }, { kind: 'reset-in-answer', afterBytes: 100_000 });
    expect((await store.getBuffer('breaks', { signal })).body.equals(body)).toBe(true);
  });
});

describe('lasting trouble', () => {
  test('503 for ever is unavailable, and nothing is there', async () => {
    proxy.inject({}, storeErrors.slowDown);
    const putting = store.putStream('never', Readable.from([Buffer.from('x')]), { signal });
    await expect(putting).rejects.toMatchObject({
      code: 'OBJECT_STORE_UNAVAILABLE',
      exit: 'unavailable',
      retryable: true,
      details: { status: 503 },
    });
    await expect(store.getBuffer('never', { signal })).rejects.toMatchObject({ code: 'OBJECT_STORE_UNAVAILABLE' });
    await expect(store.head('never', { signal })).rejects.toMatchObject({ code: 'OBJECT_STORE_UNAVAILABLE' });
    await expect(keysOf(store.list('', { signal }))).rejects.toMatchObject({ code: 'OBJECT_STORE_UNAVAILABLE' });
    expect(await direct.head('never', { signal })).toBeUndefined();
  });

  test.each([
    ['a part', 'UploadPart'],
    ['the completion', 'CompleteMultipartUpload'],
  ] as const)('when %s never succeeds the upload is taken back', async (_, operation) => {
    proxy.inject({ operation }, storeErrors.internalError);
    const putting = store.putStream(`parts/${operation}`, Readable.from([randomBytes(20 * mebi)]), { signal });
    await expect(putting).rejects.toMatchObject({ code: 'OBJECT_STORE_UNAVAILABLE' });
    expect(await direct.head(`parts/${operation}`, { signal })).toBeUndefined();
    expect(await direct.abortLeftovers('parts/', { olderThan: new Date(Date.now() + 60_000), signal })).toBe(0);
  });

  test('a completion that says 200 and means an error is no success', async () => {
    proxy.inject({ operation: 'CompleteMultipartUpload' }, { kind: 'error-in-200' });
    const putting = store.putStream('parts/200', Readable.from([randomBytes(20 * mebi)]), { signal });
    await expect(putting).rejects.toMatchObject({ code: 'OBJECT_STORE_UNAVAILABLE' });
    expect(await direct.head('parts/200', { signal })).toBeUndefined();
  });

  test('a body that stays short is an error, never an end', async () => {
    await direct.putIfAbsent('short', randomBytes(300_000), { runId: 'r', signal });
    proxy.inject({ operation: 'GetObject' }, { kind: 'truncate', atBytes: 1000 });
    const read = async () => {
      for await (const _ of await store.getStream('short', { signal }));
    };
    await expect(read()).rejects.toMatchObject({ code: expect.stringMatching(/^OBJECT_(TRUNCATED|STORE_UNAVAILABLE)$/) });
    await expect(store.getBuffer('short', { signal })).rejects.toMatchObject({
      code: expect.stringMatching(/^OBJECT_(TRUNCATED|STORE_UNAVAILABLE)$/),
    });
  });

  test('an upload that lost bytes on the way is not believed', async () => {
    proxy.inject({ operation: 'HeadObject' }, { kind: 'wrong-object', key: 'short' });
    await expect(store.putStream('less', Readable.from([Buffer.from('x')]), { signal })).rejects.toMatchObject({
      code: 'OBJECT_TRUNCATED',
    });
  });

  test('a 404 that does not name the key is not taken for its absence', async () => {
    proxy.inject({ operation: 'GetObject' }, { kind: 'error', status: 404, code: 'PageNotFound' });
    await expect(store.getBuffer('short', { signal })).rejects.toMatchObject({ code: 'OBJECT_REQUEST_REFUSED' });
  });

  test('a request that hangs is cancelled at once by the signal', async () => {
    proxy.inject({}, { kind: 'hang' });
    const began = Date.now();
    const cancel = new AbortController();
    setTimeout(() => cancel.abort(new Error('enough')), 100);
    await expect(store.getBuffer('short', { signal: cancel.signal })).rejects.toThrow('enough');
    expect(Date.now() - began).toBeLessThan(2000);
  });

  test('a body that stalls is cancelled at once by the signal', async () => {
    proxy.inject({ operation: 'GetObject' }, { kind: 'stall-in-answer', afterBytes: 1000 });
    const cancel = new AbortController();
    setTimeout(() => cancel.abort(new Error('enough')), 300);
    await expect(store.getBuffer('short', { signal: cancel.signal })).rejects.toThrow('enough');
  });
});

describe('wrong settings', () => {
  const tryIt = async (changes: Partial<S3Settings>) => {
    const wrong = await openObjectStore({ ...settings, endpoint: gateway.endpoint, ...changes });
    try {
      await wrong.getBuffer('short', { signal });
    } finally {
      wrong.close();
    }
  };

  test('another secret key', async () => {
    const error = await tryIt({ secretAccessKey: new Secret('not-the-one') }).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'OBJECT_ACCESS_DENIED', exit: 'usage' });
    expect(JSON.stringify(error) + String(error)).not.toContain('not-the-one');
  });

  test('a key nobody knows', async () => {
    await expect(tryIt({ accessKeyId: 'NOBODY' })).rejects.toMatchObject({ code: 'OBJECT_ACCESS_DENIED' });
  });

  test('no key at all, on a host where nobody left one', async () => {
    const home = await tempDir('home');
    for (const name of Object.keys(process.env).filter((it) => it.startsWith('AWS_'))) vi.stubEnv(name, undefined);
    vi.stubEnv('HOME', home);
    const began = Date.now();
    const trying = tryIt({ accessKeyId: undefined, secretAccessKey: undefined });
    await expect(trying).rejects.toMatchObject({ code: 'OBJECT_CREDENTIALS_MISSING', exit: 'usage' });
    // The address of instance metadata was not waited for.
    expect(Date.now() - began).toBeLessThan(1000);
    vi.unstubAllEnvs();
  });

  test('a user without rights', async () => {
    const { accessKeyId, secretAccessKey } = await gateway.createUser();
    await expect(tryIt({ accessKeyId, secretAccessKey: new Secret(secretAccessKey) })).rejects.toMatchObject({
      code: 'OBJECT_ACCESS_DENIED',
    });
  });

  test('without the right to list a missing key is not proven to be missing', async () => {
    const aws = await startFaultProxy(gateway, { dialect: 'aws', canList: false });
    const blind = await openObjectStore({ ...settings, endpoint: aws.endpoint });
    await expect(blind.getBuffer('not-there', { signal })).rejects.toMatchObject({ code: 'OBJECT_ACCESS_DENIED' });
    blind.close();
  });

  test('a bucket that is not there', async () => {
    await expect(tryIt({ bucket: 'no-such-bucket' })).rejects.toMatchObject({ code: 'OBJECT_BUCKET_MISSING', exit: 'usage' });
  });

  test('an endpoint where nobody listens', async () => {
    const port = await freePort();
    await expect(tryIt({ endpoint: `http://127.0.0.1:${port}` })).rejects.toMatchObject({
      code: 'OBJECT_STORE_UNAVAILABLE',
      exit: 'unavailable',
    });
  });

  test('a name that does not resolve', async () => {
    await expect(tryIt({ endpoint: 'http://nowhere.invalid' })).rejects.toMatchObject({ code: 'OBJECT_STORE_UNAVAILABLE' });
  });

  test('a certificate nobody vouches for', async () => {
    const error = await tryIt({ endpoint: gateway.httpsEndpoint }).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: 'OBJECT_STORE_UNAVAILABLE', nextSteps: [expect.stringContaining('ca_file')] });
  });

  test('a certificate file that is none', async () => {
    const directory = await tempDir('ca');
    await writeFile(join(directory, 'ca.pem'), 'hello');
    await expect(tryIt({ caFile: join(directory, 'ca.pem') })).rejects.toMatchObject({ code: 'OBJECT_CA_UNREADABLE' });
    await expect(tryIt({ caFile: join(directory, 'absent.pem') })).rejects.toMatchObject({ code: 'OBJECT_CA_UNREADABLE' });
  });

  test('a storage class the store does not know', async () => {
    const odd = await openObjectStore({ ...settings, endpoint: gateway.endpoint, storageClass: 'NO_SUCH_CLASS' });
    await expect(odd.putStream('class', Readable.from([Buffer.from('x')]), { signal })).rejects.toMatchObject({
      code: 'OBJECT_REQUEST_REFUSED',
    });
    odd.close();
  });

  test('encryption that the store only pretends is found out, and nothing stays', async () => {
    // Over TLS this gateway takes the header for AES256, which it does not have, and says nothing of it.
    const pretends = await openObjectStore({ ...settings, endpoint: gateway.httpsEndpoint, caFile: gateway.caFile, sse: 'AES256' });
    const attempts = [
      () => pretends.putIfAbsent('plain/a', Buffer.from('x'), { runId: 'r', signal }),
      () => pretends.putStream('plain/b', Readable.from([Buffer.from('x')]), { signal }),
      () => pretends.putStream('plain/c', Readable.from([randomBytes(17 * mebi)]), { signal }),
      () => pretends.overwrite('plain/d', Buffer.from('x'), { signal }),
    ];
    for (const attempt of attempts) await expect(attempt()).rejects.toMatchObject({ code: 'OBJECT_ENCRYPTION_MISSING', exit: 'refused' });
    expect(await keysOf(direct.list('plain/', { signal }))).toEqual([]);
    pretends.close();
  });

  test('encryption that the store applies is named', async () => {
    const encrypts = await openObjectStore({
      ...settings,
      endpoint: gateway.httpsEndpoint,
      caFile: gateway.caFile,
      sse: 'aws:kms',
      sseKmsKeyId: gateway.kmsKeyId,
    });
    await encrypts.putIfAbsent('kms/a', Buffer.from('x'), { runId: 'r', signal });
    await encrypts.putStream('kms/b', Readable.from([randomBytes(17 * mebi)]), { signal });
    expect((await encrypts.head('kms/a', { signal }))?.encryption).toBe('aws:kms');
    expect((await encrypts.head('kms/b', { signal }))?.encryption).toBe('aws:kms');
    encrypts.close();
  });
});

async function keysOf(objects: AsyncIterable<{ key: string }>): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of objects) keys.push(key);
  return keys;
}
