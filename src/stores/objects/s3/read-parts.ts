import type { Readable } from 'node:stream';

export interface Part {
  bytes: Buffer;
  isLast: boolean;
}

/**
 * Copies a stream into buffers of exactly `partBytes`; only the last may be shorter, and there is always one. Buffers come from `free`
 * first, where the caller puts back those it is done with, so that memory stays bounded.
 */
export async function* readParts(body: Readable, partBytes: number, free: Buffer[]): AsyncGenerator<Part> {
  let buffer = take(free, partBytes);
  let filledBytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    for (let offset = 0; offset < chunk.length; ) {
      if (filledBytes === partBytes) {
        yield { bytes: buffer, isLast: false };
        buffer = take(free, partBytes);
        filledBytes = 0;
      }
      const copiedBytes = chunk.copy(buffer, filledBytes, offset);
      filledBytes += copiedBytes;
      offset += copiedBytes;
    }
  }
  yield { bytes: buffer.subarray(0, filledBytes), isLast: true };
}

function take(free: Buffer[], partBytes: number): Buffer {
  return free.pop() ?? Buffer.allocUnsafeSlow(partBytes);
}
