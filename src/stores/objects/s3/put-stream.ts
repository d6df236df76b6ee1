import type { Readable } from 'node:stream';
import { HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { OpsError } from '#kernel/errors';
import { truncated } from '../guard-body.ts';
import type { ObjectMetadata } from '../object-store.ts';
import { type Bucket, refusePlainText, request } from './bucket.ts';
import { uploadParts } from './multipart.ts';
import { type Part, readParts } from './read-parts.ts';

/** Large enough for 64 GiB in 4,096 parts, small enough for four of them in memory. */
const partBytes = 16 * 1024 ** 2;

/**
 * A stream of unknown length: one PutObject when it fits into a part, else a multipart upload. What is sent is always a buffer, so every
 * retry of the SDK sends the same bytes. At the end the store is asked what it has. @returns bytes stored
 */
export async function putStream(
  bucket: Bucket,
  key: string,
  body: Readable,
  { metadata, signal }: { metadata: ObjectMetadata; signal: AbortSignal },
): Promise<number> {
  const failed = new AbortController();
  const either = AbortSignal.any([signal, failed.signal]);
  const stopReading = () => body.destroy(either.reason instanceof Error ? either.reason : new Error(String(either.reason)));
  either.addEventListener('abort', stopReading, { once: true });
  const free: Buffer[] = [];
  try {
    signal.throwIfAborted();
    const parts = readParts(body, partBytes, free);
    const first = (await parts.next()).value as Part;
    const sentBytes = first.isLast
      ? await putWhole(bucket, key, first.bytes, metadata, either)
      : await uploadParts(bucket, key, { first, rest: parts, free, metadata, signal: either, fail: (error) => failed.abort(error) });
    await checkStored(bucket, key, sentBytes, signal);
    return sentBytes;
  } catch (error) {
    signal.throwIfAborted();
    // A part that failed destroyed the body; then the body's error is only its echo.
    throw failed.signal.aborted ? failed.signal.reason : error;
  } finally {
    either.removeEventListener('abort', stopReading);
    body.destroy();
  }
}

async function putWhole(bucket: Bucket, key: string, bytes: Buffer, metadata: ObjectMetadata, signal: AbortSignal): Promise<number> {
  const put = new PutObjectCommand({
    Bucket: bucket.bucket,
    Key: bucket.fullKey(key),
    Body: bytes,
    Metadata: metadata,
    ...bucket.creation,
  });
  await request(`Writing ${bucket.location}/${key}`, signal, (options) => bucket.client.send(put, options));
  return bytes.length;
}

async function checkStored(bucket: Bucket, key: string, sentBytes: number, signal: AbortSignal): Promise<void> {
  const name = `${bucket.location}/${key}`;
  const head = new HeadObjectCommand({ Bucket: bucket.bucket, Key: bucket.fullKey(key) });
  const stored = await request(`Checking ${name}`, signal, (options) => bucket.client.send(head, options)).catch((error: unknown) => {
    throw error instanceof OpsError && error.details.status === 404 ? vanished(name, error) : error;
  });
  if (stored.ContentLength !== sentBytes) throw truncated(name, sentBytes, stored.ContentLength ?? 0);
  await refusePlainText(bucket, key, stored.ServerSideEncryption);
}

function vanished(name: string, cause: unknown): OpsError {
  return new OpsError('OBJECT_STORE_UNAVAILABLE', { message: `${name} was uploaded, and the store does not have it`, cause });
}
