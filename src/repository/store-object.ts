import { createHash, type Hash } from 'node:crypto';
import { Readable } from 'node:stream';
import { OpsError } from '#kernel/errors';
import { streamFrom } from '#platform/stream-from';
import { type Codec, compressStream, suffixOf } from './codec.ts';
import { partKey } from './layout.ts';
import type { Repository } from './open.ts';
import type { StoredObject } from './stored-object.ts';

/** An object of this size fits S3 (5 TiB, 10,000 parts) with room, and a broken transfer costs at most this much. */
export const maxPartBytes = 64 * 1024 ** 3;

export interface StoreOptions {
  /** Where it goes: `baseFolder(label, runId)`. */
  folder: string;
  name: string;
  env: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
  /** The repository's unless told; `none` for what is already compressed. */
  codec?: Codec | 'none';
  level?: number;
  threads?: number;
  maxPartBytes?: number;
  /** Called with the raw bytes read so far. */
  onProgress?: (rawBytes: number) => void;
}

/**
 * Reads `source` once, compresses it, cuts it into parts and stores them. Resolves when all of it is durable.
 * When the source, the compressor or the store fails nothing appears under the key of the part in work; earlier parts stay as leftovers of
 * the run, which no manifest will name. Memory is bounded by the store's upload buffers, whatever the size.
 */
export async function storeObject(
  repository: Pick<Repository, 'store' | 'codec'>,
  source: Readable,
  options: StoreOptions,
): Promise<StoredObject> {
  const codec = options.codec ?? repository.codec;
  const raw = measure(source, options.onProgress);
  const compressed = codec === 'none' ? raw.stream : compressStream(codec, raw.stream, options);
  const cutter = cut(compressed, options.maxPartBytes ?? maxPartBytes);
  const parts: StoredObject['parts'] = [];
  try {
    for await (const part of cutter) {
      const key = partKey(options.folder, options.name, codec === 'none' ? '' : suffixOf(codec), parts.length);
      const stored = measure(part);
      const storedBytes = await repository.store.putStream(key, stored.stream, { signal: options.signal });
      if (storedBytes !== stored.bytes()) throw miscounted(key, stored.bytes(), storedBytes);
      parts.push({ key, storedBytes, storedSha256: stored.sha256() });
    }
  } finally {
    compressed.destroy();
    source.destroy();
  }
  return {
    name: options.name,
    codec,
    encryption: 'none',
    rawBytes: raw.bytes(),
    rawSha256: raw.sha256(),
    storedBytes: parts.reduce((sum, part) => sum + part.storedBytes, 0),
    parts,
  };
}

interface Measured {
  stream: Readable;
  bytes: () => number;
  /** To be asked once, at the end. */
  sha256: () => string;
}

function measure(source: Readable, onProgress?: (bytes: number) => void): Measured {
  const hash: Hash = createHash('sha256');
  let bytes = 0;
  async function* pass(): AsyncGenerator<Buffer> {
    for await (const chunk of source as AsyncIterable<Buffer>) {
      hash.update(chunk);
      bytes += chunk.length;
      onProgress?.(bytes);
      yield chunk;
    }
  }
  return { stream: streamFrom(pass(), source), bytes: () => bytes, sha256: () => hash.digest('hex') };
}

/** One stream after another, each at most `maxBytes`; the next begins when the one before has been read. At least one, also for nothing. */
async function* cut(source: Readable, maxBytes: number): AsyncGenerator<Readable> {
  const chunks = (source as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  let rest: Buffer | undefined = await nextChunk(chunks);
  async function* part(): AsyncGenerator<Buffer> {
    for (let room = maxBytes; rest && room > 0; ) {
      const piece = rest.subarray(0, room);
      room -= piece.length;
      yield piece;
      rest = piece.length < rest.length ? rest.subarray(piece.length) : await nextChunk(chunks);
    }
  }
  do yield Readable.from(part(), { objectMode: false });
  while (rest);
}

async function nextChunk(chunks: AsyncIterator<Buffer>): Promise<Buffer | undefined> {
  const next = await chunks.next();
  return next.done ? undefined : next.value;
}

function miscounted(key: string, sentBytes: number, storedBytes: number): OpsError {
  return new OpsError('OBJECT_TRUNCATED', {
    message: `${key} was stored with ${storedBytes} bytes of ${sentBytes}`,
    details: { key, sentBytes, storedBytes },
  });
}
