import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import { type Codec, compressBuffer, compressStream, decompressBuffer, decompressStream } from '#repository/codec';

const signal = new AbortController().signal;
const env = { PATH: process.env.PATH };
const options = { signal, env };
const big = Buffer.concat([randomBytes(200_000), Buffer.alloc(3_000_000, 'compressible'), randomBytes(200_000)]);

describe.each<Codec>(['zstd', 'gzip'])('%s', (codec) => {
  test('gives back what it got, as stream and as buffer, in any mixture', async () => {
    const stored = await readAll(compressStream(codec, Readable.from([big.subarray(0, 100), big.subarray(100)]), options));
    expect(stored.length).toBeLessThan(big.length / 2);
    expect((await decompressBuffer(codec, stored, { ...options, maxBytes: big.length })).equals(big)).toBe(true);
    const other = await compressBuffer(codec, big, { ...options, level: 1, threads: 2 });
    expect((await readAll(decompressStream(codec, Readable.from([other]), options))).equals(big)).toBe(true);
    expect(await readAll(decompressStream(codec, compressStream(codec, Readable.from([]), options), options))).toHaveLength(0);
  });

  test('is what the standard tool reads', async () => {
    const stored = await compressBuffer(codec, big, options);
    const back = execFileSync(codec, ['-dc'], { input: stored, maxBuffer: big.length + 1, stdio: ['pipe', 'pipe', 'pipe'] });
    expect(back.equals(big)).toBe(true);
  });

  test('a source that fails fails the stream with its own error, in both directions', async () => {
    async function* failing(first: Buffer) {
      yield first;
      await new Promise((resolve) => setTimeout(resolve, 20));
      throw new Error('the source broke');
    }
    await expect(readAll(compressStream(codec, Readable.from(failing(big)), options))).rejects.toThrow('the source broke');
    const stored = await compressBuffer(codec, big, options);
    await expect(readAll(decompressStream(codec, Readable.from(failing(stored.subarray(0, 1000))), options))).rejects.toThrow(
      'the source broke',
    );
  });

  test('a source that is destroyed without a word is no complete one', async () => {
    const source = new Readable({ read() {} });
    source.push(big);
    setTimeout(() => source.destroy(), 50);
    await expect(readAll(compressStream(codec, source, options))).rejects.toThrow();
  });

  test('data that is cut short or damaged never ends well', async () => {
    const stored = await compressBuffer(codec, big, options);
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 0, max: stored.length - 1 }), async (length) => {
        const cut = stored.subarray(0, length);
        // Nothing at all is a valid stream of nothing for zstd; the byte counts around it tell.
        if (length > 0)
          await expect(readAll(decompressStream(codec, Readable.from([cut]), options))).rejects.toMatchObject({ code: 'OBJECT_CORRUPT' });
        if (length > 0)
          await expect(decompressBuffer(codec, cut, { ...options, maxBytes: big.length })).rejects.toMatchObject({
            code: 'OBJECT_CORRUPT',
          });
      }),
      { numRuns: 8 },
    );
    const damaged = Buffer.from(stored);
    damaged.writeUInt8(damaged.readUInt8(150_000) ^ 1, 150_000);
    await expect(readAll(decompressStream(codec, Readable.from([damaged]), options))).rejects.toMatchObject({ code: 'OBJECT_CORRUPT' });
  });

  test('a small object that unpacks to a large one is stopped', async () => {
    const bomb = await compressBuffer(codec, Buffer.alloc(20_000_000), options);
    await expect(decompressBuffer(codec, bomb, { ...options, maxBytes: 1_000_000 })).rejects.toMatchObject({ code: 'OBJECT_CORRUPT' });
  });

  test('ends with the reason of the signal, also when the source is silent', async () => {
    const cancel = new AbortController();
    const silent = new Readable({ read() {} });
    setTimeout(() => cancel.abort(new Error('cancelled by the test')), 50);
    await expect(readAll(compressStream(codec, silent, { env, signal: cancel.signal }))).rejects.toThrow('cancelled by the test');
    expect(silent.destroyed).toBe(true);
  });

  test('a reader that leaves takes compressor and source with it, also when the source is silent', async () => {
    const source = new Readable({ read() {} });
    source.push(big);
    const stored = compressStream(codec, source, options);
    stored.resume();
    setTimeout(() => stored.destroy(), 50);
    await vi.waitFor(() => expect(source.destroyed).toBe(true));
    await vi.waitFor(async () => expect(await childrenNamed(codec)).toEqual([]));
  });
});

test('without the program zstd says so, before anything is read', async () => {
  const nowhere = { signal, env: { PATH: '/nonexistent' } };
  await expect(compressBuffer('zstd', big, nowhere)).rejects.toMatchObject({ code: 'BINARY_MISSING', exit: 'usage' });
  await expect(readAll(compressStream('zstd', Readable.from([big]), nowhere))).rejects.toMatchObject({ code: 'BINARY_MISSING' });
});

async function readAll(body: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of body as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

async function childrenNamed(name: string): Promise<string[]> {
  const pids = (await readFile(`/proc/self/task/${process.pid}/children`, 'utf8')).split(' ').filter((pid) => pid !== '');
  const names = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')));
  return names.filter((it) => it.trim() === name);
}
