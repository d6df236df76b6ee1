import { PassThrough, Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { guardBody } from '#stores/objects/guard-body';

const usual = { name: 'it', idleMs: 80, signal: new AbortController().signal, translate: (error: unknown) => error };

test('a body of the announced length passes', async () => {
  expect(await readAll(guardBody(Readable.from([Buffer.from('abc'), Buffer.from('de')]), { ...usual, expectedBytes: 5 }))).toBe('abcde');
});

test('a shorter and a longer body end in an error', async () => {
  for (const expectedBytes of [4, 6]) {
    const body = guardBody(Readable.from([Buffer.from('abcde')]), { ...usual, expectedBytes });
    await expect(readAll(body)).rejects.toMatchObject({ code: 'OBJECT_TRUNCATED', exit: 'integrity' });
  }
});

test('a silent source ends in an error, at the beginning and midway', async () => {
  const source = new PassThrough();
  await expect(readAll(guardBody(source, { ...usual, expectedBytes: 5 }))).rejects.toMatchObject({ code: 'OBJECT_STORE_UNAVAILABLE' });
  expect(source.destroyed).toBe(true);
  const midway = new PassThrough();
  midway.write('abc');
  await expect(readAll(guardBody(midway, { ...usual, expectedBytes: 5 }))).rejects.toMatchObject({ code: 'OBJECT_STORE_UNAVAILABLE' });
});

test('a slow reader is no silent source', async () => {
  const chunks = Array.from({ length: 4 }, () => Buffer.alloc(200_000, 'x'));
  let receivedBytes = 0;
  for await (const chunk of guardBody(Readable.from(chunks), { ...usual, expectedBytes: 800_000 }) as AsyncIterable<Buffer>) {
    await sleep(120);
    receivedBytes += chunk.length;
  }
  expect(receivedBytes).toBe(800_000);
});

test('the signal ends it with its reason', async () => {
  const cancel = new AbortController();
  const body = guardBody(new PassThrough(), { ...usual, signal: cancel.signal, expectedBytes: 5 });
  setTimeout(() => cancel.abort(new Error('cancelled by the test')), 10);
  await expect(readAll(body)).rejects.toThrow('cancelled by the test');
});

async function readAll(body: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of body as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}
