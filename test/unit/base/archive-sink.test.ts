import type { Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { createArchiveSink } from '#features/recovery/base/store-archives';
import type { StoredObject } from '#repository/stored-object';

const storedAs = (name: string, rawBytes: number): StoredObject => ({
  name,
  codec: 'none',
  encryption: 'none',
  rawBytes,
  rawSha256: '0'.repeat(64),
  storedBytes: rawBytes,
  parts: [{ key: name, storedBytes: rawBytes, storedSha256: '0'.repeat(64) }],
});

async function count(name: string, body: Readable): Promise<StoredObject> {
  let bytes = 0;
  for await (const chunk of body) bytes += (chunk as Buffer).length;
  return storedAs(name, bytes);
}

describe('an archive sink', () => {
  it('stores one archive after another', async () => {
    const sink = createArchiveSink(count);
    await sink.begin('a');
    for (let part = 0; part < 100; part++) await sink.write(Buffer.alloc(100_000));
    await sink.begin('b');
    await sink.write(Buffer.alloc(7));
    expect((await sink.finish()).map(({ name, rawBytes }) => [name, rawBytes])).toEqual([
      ['a', 10_000_000],
      ['b', 7],
    ]);
  });

  it('throws what its store threw, whether before, while or after it waits for room', async () => {
    for (const delayMs of [0, 20]) {
      const sink = createArchiveSink(async () => {
        await new Promise((resolve) => setTimeout(resolve, delayMs));
        throw new Error('bucket gone');
      });
      await sink.begin('a');
      const writing = (async () => {
        for (;;) await sink.write(Buffer.alloc(600_000));
      })();
      await expect(writing).rejects.toThrow('bucket gone');
    }
    const late = createArchiveSink(async (_name, body) => {
      for await (const _chunk of body);
      throw new Error('not durable');
    });
    await late.begin('a');
    await late.write(Buffer.alloc(1));
    await expect(late.finish()).rejects.toThrow('not durable');
  });

  it('lets the store see the failure of the source, never an early end', async () => {
    let seen: unknown;
    const sink = createArchiveSink((name, body) =>
      count(name, body).catch((error: unknown) => {
        seen = error;
        throw error;
      }),
    );
    await sink.begin('a');
    await sink.write(Buffer.alloc(10));
    await sink.fail(new Error('connection lost'));
    expect(seen).toMatchObject({ message: 'connection lost' });
  });
});
