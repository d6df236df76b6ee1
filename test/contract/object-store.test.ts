import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Secret } from '#kernel/secret';
import type { ObjectStore } from '#stores/objects/object-store';
import { type ObjectStoreSettings, openObjectStore } from '#stores/objects/open';
import { startFaultProxy } from '#support/fault-proxy';
import { useRadosGateway } from '#support/rados-gateway';
import { tempDir } from '#support/temp-dir';

const signal = new AbortController().signal;
const mebi = 1024 ** 2;

/** Thousands of requests show nothing new through a proxy or TLS. */
const makesWithPages = new Set(['a directory', 'the RADOS gateway']);

/** Every store keeps the same promises: the settings of a fresh, empty one. */
const makes: Record<string, () => Promise<ObjectStoreSettings>> = {
  'a directory': async () => ({ kind: 'directory', directory: await tempDir('objects') }),
  'the RADOS gateway': async () => await gatewaySettings(),
  'the RADOS gateway over TLS, with checksums': async () => {
    const gateway = await useRadosGateway();
    return { ...(await gatewaySettings()), endpoint: gateway.httpsEndpoint, caFile: gateway.caFile, checksum: 'when-supported' };
  },
  'S3 in the dialect of AWS': async () => {
    const proxy = await startFaultProxy(await useRadosGateway(), { dialect: 'aws' });
    return { ...(await gatewaySettings()), endpoint: proxy.endpoint };
  },
};

async function gatewaySettings(): Promise<ObjectStoreSettings & { kind: 's3' }> {
  const gateway = await useRadosGateway();
  return {
    kind: 's3',
    bucket: await gateway.createBucket(),
    region: gateway.region,
    prefix: 'some/where',
    endpoint: gateway.endpoint,
    pathStyle: true,
    checksum: 'when-required',
    accessKeyId: gateway.accessKeyId,
    secretAccessKey: new Secret(gateway.secretAccessKey),
    instanceMetadata: false,
  };
}

describe.each(Object.keys(makes))('%s', (make) => {
  let store: ObjectStore;
  beforeAll(async () => {
    store = await openObjectStore(await (makes[make] as () => Promise<ObjectStoreSettings>)());
  });
  afterAll(() => store?.close());

  test('keeps a stream, and tells its size, metadata and bytes again', async () => {
    const body = randomBytes(300_000);
    const stored = await store.putStream('base/a/base.tar.zst.000', inChunks(body, 7000), {
      metadata: { sha256: 'abc', 'raw-bytes': '7' },
      signal,
    });
    expect(stored).toBe(body.length);
    expect(await store.head('base/a/base.tar.zst.000', { signal })).toMatchObject({
      sizeBytes: body.length,
      metadata: { sha256: 'abc', 'raw-bytes': '7' },
    });
    expect(await readAll(await store.getStream('base/a/base.tar.zst.000', { signal }))).toEqual(body);
  });

  test('keeps a stream of several parts, and one of nothing', async () => {
    const body = randomBytes(40 * mebi + 13);
    expect(await store.putStream('large', inChunks(body, 300_000), { signal })).toBe(body.length);
    const back = await readAll(await store.getStream('large', { signal }));
    expect(sha256(back)).toBe(sha256(body));
    expect(await store.putStream('exactly-two-parts', inChunks(body.subarray(0, 32 * mebi), mebi), { signal })).toBe(32 * mebi);
    expect(await store.putStream('nothing', Readable.from([]), { signal })).toBe(0);
    expect(await readAll(await store.getStream('nothing', { signal }))).toHaveLength(0);
  });

  test('gives a range', async () => {
    await store.putStream('range', Readable.from([Buffer.from('0123456789')]), { signal });
    expect((await readAll(await store.getStream('range', { range: { start: 2, end: 4 }, signal }))).toString()).toBe('234');
    expect((await readAll(await store.getStream('range', { range: { start: 7 }, signal }))).toString()).toBe('789');
    await expect(store.getStream('range', { range: { start: 10 }, signal })).rejects.toMatchObject({ code: 'OBJECT_TRUNCATED' });
  });

  test('of 20 writers of one key one wins, and its bytes and metadata stay together', async () => {
    for (let round = 0; round < 3; round += 1) {
      const key = `race/${round}`;
      const outcomes = await Promise.all(
        Array.from({ length: 20 }, (_, writer) =>
          store.putIfAbsent(key, Buffer.from(`body ${writer}`), { runId: `run-${writer}`, metadata: { writer: String(writer) }, signal }),
        ),
      );
      expect(outcomes.filter((outcome) => outcome === 'created')).toHaveLength(1);
      const winner = outcomes.indexOf('created');
      const { body, metadata } = await store.getBuffer(key, { signal });
      expect({ body: body.toString(), metadata }).toEqual({
        body: `body ${winner}`,
        metadata: { writer: String(winner), 'run-id': `run-${winner}` },
      });
    }
  });

  test('a second put of the same run is its own, of another run is not', async () => {
    const put = (runId: string) => store.putIfAbsent('once', Buffer.from(runId), { runId, signal });
    expect(await put('first')).toBe('created');
    expect(await put('second')).toBe('exists');
    expect(await put('first')).toBe('created');
    expect((await store.getBuffer('once', { signal })).body.toString()).toBe('first');
  });

  test('a body that fails midway leaves nothing, neither object nor upload', async () => {
    async function* failing() {
      yield randomBytes(20 * mebi);
      await new Promise((resolve) => setTimeout(resolve, 50));
      throw new Error('the source broke');
    }
    await expect(store.putStream('broken/a', Readable.from(failing()), { signal })).rejects.toThrow('the source broke');
    expect(await store.head('broken/a', { signal })).toBeUndefined();
    expect(await keysOf(store.list('broken/', { signal }))).toEqual([]);
    expect(await store.abortLeftovers('broken/', { olderThan: new Date(Date.now() + 60_000), signal })).toBe(0);
  });

  test('a body that is destroyed without an error is no complete body', async () => {
    const body = new Readable({ read() {} });
    body.push(randomBytes(1000));
    setTimeout(() => body.destroy(), 20);
    await expect(store.putStream('broken/b', body, { signal })).rejects.toThrow();
    expect(await store.head('broken/b', { signal })).toBeUndefined();
  });

  test('an upload that is cancelled leaves nothing, and says why it ended', async () => {
    const cancel = new AbortController();
    async function* endless() {
      for (let sent = 0; ; sent += 1) {
        if (sent === 20) cancel.abort(new Error('cancelled by the test'));
        yield randomBytes(mebi);
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    await expect(store.putStream('broken/c', Readable.from(endless()), { signal: cancel.signal })).rejects.toThrow('cancelled by the test');
    expect(await store.head('broken/c', { signal })).toBeUndefined();
    expect(await store.abortLeftovers('broken/', { olderThan: new Date(Date.now() + 60_000), signal })).toBe(0);
  });

  test('a download that is cancelled ends in the reason', async () => {
    await store.putStream('cancel', inChunks(randomBytes(8 * mebi), mebi), { signal });
    const cancel = new AbortController();
    const body = await store.getStream('cancel', { signal: cancel.signal });
    const reading = (async () => {
      for await (const _ of body) cancel.abort(new Error('cancelled by the test'));
    })();
    await expect(reading).rejects.toThrow('cancelled by the test');
  });

  test('everything refuses to begin when it is cancelled already', async () => {
    const cancelled = AbortSignal.abort(new Error('too late'));
    await expect(store.putStream('late', Readable.from([Buffer.from('x')]), { signal: cancelled })).rejects.toThrow('too late');
    await expect(store.putIfAbsent('late', Buffer.from('x'), { runId: 'r', signal: cancelled })).rejects.toThrow('too late');
    await expect(store.getBuffer('once', { signal: cancelled })).rejects.toThrow('too late');
    await expect(store.head('once', { signal: cancelled })).rejects.toThrow('too late');
    await expect(keysOf(store.list('', { signal: cancelled }))).rejects.toThrow('too late');
    expect(await store.head('late', { signal })).toBeUndefined();
  });

  test('what is missing is said to be missing', async () => {
    await expect(store.getStream('not/there', { signal })).rejects.toMatchObject({ code: 'OBJECT_NOT_FOUND', exit: 'integrity' });
    await expect(store.getBuffer('not/there', { signal })).rejects.toMatchObject({ code: 'OBJECT_NOT_FOUND' });
    expect(await store.head('not/there', { signal })).toBeUndefined();
    expect(await store.deleteBatch(['not/there'], { signal })).toEqual([]);
  });

  test('a small object that is not small is refused', async () => {
    await store.putStream('big', Readable.from([Buffer.alloc(5000)]), { signal });
    await expect(store.getBuffer('big', { maxBytes: 4999, signal })).rejects.toMatchObject({ code: 'OBJECT_TOO_LARGE' });
    expect((await store.getBuffer('big', { maxBytes: 5000, signal })).body).toHaveLength(5000);
  });

  test('lists in the order of bytes, over folders, from a prefix and after a key', async () => {
    const keys = ['l/a', 'l/a-b', 'l/a.txt', 'l/a/b', 'l/a/c/d', 'l/ab', 'l/b', 'l/B', 'l/~z'];
    for (const key of keys.toReversed()) {
      // "l/a" and "l/a/b" are no pair that a directory can hold.
      if (key !== 'l/a') await store.putIfAbsent(key, Buffer.from('x'), { runId: 'r', signal });
    }
    const present = keys.filter((key) => key !== 'l/a').sort();
    expect(await keysOf(store.list('l/', { signal }))).toEqual(present);
    expect(await keysOf(store.list('l/a', { signal }))).toEqual(present.filter((key) => key.startsWith('l/a')));
    expect(await keysOf(store.list('l/a/c', { signal }))).toEqual(['l/a/c/d']);
    for (const startAfter of ['l/a/', 'l/a/b', 'l/a.', 'l/a/c/zzz', 'l/~z']) {
      expect(await keysOf(store.list('l/', { startAfter, signal }))).toEqual(present.filter((key) => key > startAfter));
    }
    expect(await keysOf(store.list('nobody/', { signal }))).toEqual([]);
  });

  test.runIf(makesWithPages.has(make))('lists and deletes more than a page', async () => {
    const keys = Array.from({ length: 1203 }, (_, number) => `many/${String(number).padStart(5, '0')}`);
    for (let start = 0; start < keys.length; start += 40) {
      await Promise.all(keys.slice(start, start + 40).map((key) => store.putIfAbsent(key, Buffer.from('x'), { runId: 'r', signal })));
    }
    expect(await keysOf(store.list('many/', { signal }))).toEqual(keys);
    expect(await store.deleteBatch(keys.slice(1), { signal })).toEqual([]);
    expect(await keysOf(store.list('many/', { signal }))).toEqual(keys.slice(0, 1));
  });

  test('an overwritten object is the new one', async () => {
    await store.overwrite('beat', Buffer.from('1'), { signal });
    await store.overwrite('beat', Buffer.from('22'), { signal });
    expect((await store.getBuffer('beat', { signal })).body.toString()).toBe('22');
  });

  test('refuses keys that some store or file system cannot hold', async () => {
    const odd = [
      '',
      '/a',
      'a/',
      'a//b',
      '../a',
      'a/../b',
      './a',
      'a/.b',
      'a\\b',
      'a\nb',
      'ü',
      'a b',
      'x'.repeat(201),
      'x/'.repeat(500),
      'a.meta.json',
    ];
    for (const key of odd) {
      const attempts = [
        async () => await store.putIfAbsent(key, Buffer.from('x'), { runId: 'r', signal }),
        async () => await store.putStream(key, Readable.from([Buffer.from('x')]), { signal }),
        async () => await store.getBuffer(key, { signal }),
        async () => await store.head(key, { signal }),
        async () => await store.deleteBatch([key], { signal }),
      ];
      for (const attempt of attempts) await expect(attempt(), key).rejects.toMatchObject({ code: 'OBJECT_NAME_INVALID', exit: 'usage' });
    }
  });

  test('refuses metadata that would come back changed', async () => {
    const odd = [{ Upper: 'x' }, { 'with space': 'x' }, { a: 'ü' }, { a: ' x' }, { a: 'x\n' }, { a: '' }, { a: 'x'.repeat(3000) }];
    for (const metadata of odd as Record<string, string>[]) {
      const putting = (async () => await store.putIfAbsent('refused', Buffer.from('x'), { runId: 'r', metadata, signal }))();
      await expect(putting).rejects.toMatchObject({ code: 'OBJECT_NAME_INVALID' });
    }
    expect(await store.head('refused', { signal })).toBeUndefined();
  });

  test('gives odd but printable metadata back as it was', async () => {
    const metadata = { a: '"quoted" \\ % + = ; ,', 'b-2': '~!@#$^&*()[]{}<>?/|`' };
    await store.putIfAbsent('odd', Buffer.from('x'), { runId: 'r', metadata, signal });
    expect((await store.head('odd', { signal }))?.metadata).toEqual({ ...metadata, 'run-id': 'r' });
  });
});

function inChunks(body: Buffer, chunkBytes: number): Readable {
  const chunks: Buffer[] = [];
  for (let start = 0; start < body.length; start += chunkBytes) chunks.push(body.subarray(start, start + chunkBytes));
  return Readable.from(chunks, { objectMode: false });
}

async function readAll(body: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of body as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function keysOf(objects: AsyncIterable<{ key: string }>): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of objects) keys.push(key);
  return keys;
}

function sha256(body: Buffer): string {
  return createHash('sha256').update(body).digest('hex');
}
