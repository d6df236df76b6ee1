import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { OpsError } from '#kernel/errors';
import { streamFrom } from '#platform/stream-from';
import { decompressStream } from './codec.ts';
import type { Repository } from './open.ts';
import type { StoredObject } from './stored-object.ts';

export interface ReadOptions {
  env: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
}

/**
 * The raw bytes of something stored: its parts in order, each checked for size and sha256, decompressed, and checked again as a whole.
 * The stream ends only when everything was right; what is wrong ends it in OBJECT_CORRUPT, OBJECT_TRUNCATED or OBJECT_NOT_FOUND, so a
 * reader has to wait for the end before it trusts what it got.
 */
export function readObject(repository: Pick<Repository, 'store'>, object: StoredObject, options: ReadOptions): Readable {
  const stored = joinParts(repository, object, options.signal);
  const raw = object.codec === 'none' ? stored : decompressStream(object.codec, stored, options);
  return streamFrom(checked(raw, object.name, object.rawBytes, object.rawSha256), raw);
}

/** As readObject, into memory, for small things. @throws OBJECT_CORRUPT, OBJECT_TRUNCATED, OBJECT_NOT_FOUND, OBJECT_TOO_LARGE */
export async function readObjectBuffer(
  repository: Pick<Repository, 'store'>,
  object: StoredObject,
  options: ReadOptions & { maxBytes: number },
): Promise<Buffer> {
  if (object.rawBytes > options.maxBytes) {
    throw new OpsError('OBJECT_TOO_LARGE', { message: `${object.name} has ${object.rawBytes} bytes, more than ${options.maxBytes}` });
  }
  const chunks: Buffer[] = [];
  for await (const chunk of readObject(repository, object, options) as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** The parts one after another. The one being read is kept where the reader's leaving can reach it. */
function joinParts({ store }: Pick<Repository, 'store'>, object: StoredObject, signal: AbortSignal): Readable {
  let current: Readable | undefined;
  async function* bytes(): AsyncGenerator<Buffer> {
    for (const part of object.parts) {
      current = await store.getStream(part.key, { signal });
      yield* checked(current, part.key, part.storedBytes, part.storedSha256);
    }
  }
  return streamFrom(bytes(), { destroy: () => current?.destroy() });
}

async function* checked(source: Readable, name: string, bytes: number, sha256: string): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  let receivedBytes = 0;
  for await (const chunk of source as AsyncIterable<Buffer>) {
    hash.update(chunk);
    receivedBytes += chunk.length;
    if (receivedBytes > bytes) break;
    yield chunk;
  }
  if (receivedBytes !== bytes) {
    throw corrupt(`${name} has ${receivedBytes > bytes ? 'more' : 'fewer'} bytes than the ${bytes} of its manifest`, name);
  }
  const found = hash.digest('hex');
  if (found !== sha256) throw corrupt(`${name} has another checksum than its manifest`, name);
}

function corrupt(message: string, name: string): OpsError {
  return new OpsError('OBJECT_CORRUPT', { message, details: { name } });
}
