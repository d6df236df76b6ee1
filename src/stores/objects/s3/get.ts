import type { Readable } from 'node:stream';
import { GetObjectCommand } from '@aws-sdk/client-s3';
import { isOpsError, OpsError } from '#kernel/errors';
import { guardBody } from '../guard-body.ts';
import type { ObjectMetadata } from '../object-store.ts';
import { readWhole } from '../read-whole.ts';
import { type Bucket, request } from './bucket.ts';
import { idleMs } from './connect.ts';
import { translateS3Error } from './translate.ts';

/** The SDK asks again until an answer begins; a body that breaks off later is asked for again as a whole. */
const wholeReadAttempts = 3;

interface Range {
  start: number;
  end?: number;
}

export async function getStream(
  bucket: Bucket,
  key: string,
  { range, signal }: { range?: Range | undefined; signal: AbortSignal },
): Promise<{ body: Readable; sizeBytes: number; metadata: ObjectMetadata }> {
  const name = `${bucket.location}/${key}`;
  const Range = range && `bytes=${range.start}-${range.end ?? ''}`;
  const get = new GetObjectCommand({ Bucket: bucket.bucket, Key: bucket.fullKey(key), Range });
  const { Body, ContentLength, Metadata } = await request(`Reading ${name}`, signal, (options) => bucket.downloads.send(get, options));
  const translate = (error: unknown) => translateS3Error(error, `Reading ${name}`);
  if (ContentLength === undefined)
    throw new OpsError('OBJECT_STORE_UNSUITABLE', { message: `${bucket.location} sends ${key} without its length` });
  const body = guardBody(Body as Readable, { name, expectedBytes: ContentLength, idleMs, signal, translate });
  return { body, sizeBytes: ContentLength, metadata: Metadata ?? {} };
}

export async function getBuffer(
  bucket: Bucket,
  key: string,
  { maxBytes, signal }: { maxBytes?: number | undefined; signal: AbortSignal },
): Promise<{ body: Buffer; metadata: ObjectMetadata }> {
  for (let attempt = 1; ; attempt += 1) {
    const { body, metadata } = await getStream(bucket, key, { signal });
    try {
      return { body: await readWhole(body, `${bucket.location}/${key}`, maxBytes), metadata };
    } catch (error) {
      if (attempt === wholeReadAttempts || !isOpsError(error, 'OBJECT_STORE_UNAVAILABLE', 'OBJECT_TRUNCATED')) throw error;
    }
  }
}
