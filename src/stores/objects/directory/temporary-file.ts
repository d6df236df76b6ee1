import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import type { Ownership } from './place.ts';
import { codeOf } from './translate.ts';

const temporaryPattern = /^\.(.+)\.[0-9a-f]{16}\.part$/;

export interface TemporaryFile {
  path: string;
  sizeBytes: number;
}

/** Makes sure of the folder for a file and says what permissions the file gets. */
export type Prepare = () => Promise<Ownership>;

/**
 * Writes the bytes of an object, or of its metadata, beside the place where they will be, and syncs them. Removed again when that fails.
 */
export async function writeTemporary(
  finalPath: string,
  body: Buffer | string | Readable,
  prepare: Prepare,
  signal: AbortSignal,
): Promise<TemporaryFile> {
  const path = join(dirname(finalPath), `.${basename(finalPath)}.${randomBytes(8).toString('hex')}.part`);
  const { file, ownership } = await create(path, prepare);
  try {
    await file.chmod(ownership.fileMode);
    if (ownership.owner) await file.chown(ownership.owner.uid, ownership.owner.gid);
    const sizeBytes = await fill(file, body, signal);
    await file.sync();
    return { path, sizeBytes };
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  } finally {
    await file.close();
  }
}

/** Deleting the last object of a folder removes the folder, perhaps just before our file comes; then it is made again. */
async function create(path: string, prepare: Prepare): Promise<{ file: FileHandle; ownership: Ownership }> {
  for (let attempt = 1; ; attempt += 1) {
    const ownership = await prepare();
    try {
      return { file: await open(path, 'wx', 0o600), ownership };
    } catch (error) {
      if (codeOf(error) !== 'ENOENT' || attempt === 10) throw error;
    }
  }
}

/** The final name of what a temporary file holds; undefined when the name is not one of ours. */
export function finalNameOf(temporaryName: string): string | undefined {
  return temporaryPattern.exec(temporaryName)?.[1];
}

async function fill(file: FileHandle, body: Buffer | string | Readable, signal: AbortSignal): Promise<number> {
  if (typeof body === 'string' || Buffer.isBuffer(body)) {
    signal.throwIfAborted();
    await file.writeFile(body);
    return Buffer.byteLength(body);
  }
  let sizeBytes = 0;
  const abort = () => body.destroy(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    signal.throwIfAborted();
    for await (const chunk of body as AsyncIterable<Buffer>) {
      await writeAll(file, chunk);
      sizeBytes += chunk.length;
    }
  } finally {
    signal.removeEventListener('abort', abort);
    body.destroy();
  }
  return sizeBytes;
}

async function writeAll(file: FileHandle, chunk: Buffer): Promise<void> {
  let offset = 0;
  while (offset < chunk.length) offset += (await file.write(chunk, offset)).bytesWritten;
}
