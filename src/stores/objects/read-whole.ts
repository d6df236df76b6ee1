import type { Readable } from 'node:stream';
import { OpsError } from '#kernel/errors';

const usualMaxBytes = 16 * 1024 * 1024;

/** All of a small object. @throws OBJECT_TOO_LARGE before more than `maxBytes` are kept */
export async function readWhole(body: Readable, name: string, maxBytes: number = usualMaxBytes): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let sizeBytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    sizeBytes += chunk.length;
    if (sizeBytes > maxBytes) {
      throw new OpsError('OBJECT_TOO_LARGE', { message: `${name} has more than ${maxBytes} bytes`, details: { name, maxBytes } });
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
