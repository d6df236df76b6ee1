import { setMaxListeners } from 'node:events';
import { DeleteObjectCommand } from '@aws-sdk/client-s3';
import { OpsError } from '#kernel/errors';
import type { S3Settings } from '../open.ts';
import { connectS3, type S3Connection } from './connect.ts';
import { translateS3Error } from './translate.ts';

/** A place in a bucket and how to reach it. */
export interface Bucket extends S3Connection {
  bucket: string;
  location: string;
  /** Our key → the store's. */
  fullKey: (key: string) => string;
  /** The store's key → ours. */
  shortKey: (fullKey: string) => string;
  /** What every new object is created with. */
  creation: { StorageClass?: 'STANDARD'; ServerSideEncryption?: 'AES256' | 'aws:kms'; SSEKMSKeyId?: string };
  sse: S3Settings['sse'];
  /** A multipart upload has to say at its beginning which checksums its parts will carry. */
  multipart: { ChecksumAlgorithm?: 'CRC32' };
}

export async function openBucket(settings: S3Settings): Promise<Bucket> {
  const prefix = settings.prefix.replace(/^\/+|\/+$/g, '');
  const folder = prefix === '' ? '' : `${prefix}/`;
  return {
    ...(await connectS3(settings)),
    bucket: settings.bucket,
    location: `s3://${settings.bucket}${prefix === '' ? '' : `/${prefix}`}`,
    fullKey: (key) => folder + key,
    shortKey: (fullKey) => fullKey.slice(folder.length),
    creation: {
      // The SDK lists the storage classes of AWS; other makes have names of their own.
      ...(settings.storageClass === undefined ? {} : { StorageClass: settings.storageClass as 'STANDARD' }),
      ...(settings.sse === undefined ? {} : { ServerSideEncryption: settings.sse }),
      ...(settings.sseKmsKeyId === undefined ? {} : { SSEKMSKeyId: settings.sseKmsKeyId }),
    },
    sse: settings.sse,
    multipart: settings.checksum === 'when-supported' ? { ChecksumAlgorithm: 'CRC32' } : {},
  };
}

/** One request: obeys the signal, and fails in the catalogue's words. The SDK's own retries are inside. */
export async function request<T>(
  tried: string,
  signal: AbortSignal,
  send: (options: { abortSignal: AbortSignal }) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted();
  // The SDK listens on it once a request; many at a time are no leak.
  setMaxListeners(0, signal);
  try {
    return await send({ abortSignal: signal });
  } catch (error) {
    signal.throwIfAborted();
    throw translateS3Error(error, tried);
  }
}

/**
 * The answer has to name the encryption that was asked for: some stores take the header and keep plain text. Such an object is taken
 * back, since it is ours and nobody was told of it. @throws OBJECT_ENCRYPTION_MISSING
 */
export async function refusePlainText(bucket: Bucket, key: string, answered: string | undefined): Promise<void> {
  const { sse, location } = bucket;
  if (sse === undefined || answered === sse) return;
  await bucket.client.send(new DeleteObjectCommand({ Bucket: bucket.bucket, Key: bucket.fullKey(key) })).catch(() => {});
  throw new OpsError('OBJECT_ENCRYPTION_MISSING', {
    message: `${location} took ${key}, but did not say that it was encrypted with ${sse}`,
    details: { location, key, expected: sse, answered: answered ?? null },
  });
}
