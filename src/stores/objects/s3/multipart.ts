import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  ListMultipartUploadsCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { isOpsError } from '#kernel/errors';
import type { ObjectMetadata } from '../object-store.ts';
import { type Bucket, request } from './bucket.ts';
import type { Part } from './read-parts.ts';

const concurrentParts = 3;
/** For taking an upload back after a failure, when the run's own signal may have fired already. */
const cleanUpMs = 15_000;

interface Upload {
  first: Part;
  rest: AsyncGenerator<Part>;
  free: Buffer[];
  metadata: ObjectMetadata;
  signal: AbortSignal;
  /** Stops the reading of the body and every other part. */
  fail: (error: unknown) => void;
}

/** Sends parts as they come, a few at a time. Whatever fails, the upload is aborted before this rejects. @returns bytes acknowledged */
export async function uploadParts(bucket: Bucket, key: string, upload: Upload): Promise<number> {
  const place = { Bucket: bucket.bucket, Key: bucket.fullKey(key) };
  const tried = `Uploading ${bucket.location}/${key}`;
  try {
    const create = new CreateMultipartUploadCommand({ ...place, Metadata: upload.metadata, ...bucket.creation, ...bucket.multipart });
    const { UploadId } = await request(tried, upload.signal, (options) => bucket.client.send(create, options));
    const { parts, sentBytes } = await sendParts(bucket, { ...place, UploadId }, tried, upload);
    const complete = new CompleteMultipartUploadCommand({ ...place, UploadId, MultipartUpload: { Parts: parts } });
    await request(tried, upload.signal, (options) => bucket.client.send(complete, options)).catch((error: unknown) => {
      // After a lost answer the SDK asks again, and some stores have closed the upload by then: the look at the object decides.
      if (!isOpsError(error) || error.details.error !== 'NoSuchUpload') throw error;
    });
    return sentBytes;
  } catch (error) {
    // The key is this run's alone, so every upload under it is ours, also one whose first answer was lost.
    await abortUploads(bucket, key, { signal: AbortSignal.timeout(cleanUpMs) }).catch(() => {});
    throw error;
  }
}

async function sendParts(
  bucket: Bucket,
  place: { Bucket: string; Key: string; UploadId: string | undefined },
  tried: string,
  { first, rest, free, signal, fail }: Upload,
): Promise<{ parts: CompletedPart[]; sentBytes: number }> {
  const running = new Set<Promise<void>>();
  const parts: CompletedPart[] = [];
  let sentBytes = 0;
  const send = async ({ bytes, isLast }: Part, number: number): Promise<void> => {
    const command = new UploadPartCommand({ ...place, PartNumber: number, Body: bytes });
    const answer = await request(tried, signal, (options) => bucket.client.send(command, options));
    parts[number - 1] = { PartNumber: number, ETag: answer.ETag, ChecksumCRC32: answer.ChecksumCRC32 };
    sentBytes += bytes.length;
    if (!isLast) free.push(bytes);
  };
  try {
    let number = 1;
    for (let part: Part | undefined = first; part; part = (await rest.next()).value as Part | undefined) {
      const sending = send(part, number++)
        .catch(fail)
        .finally(() => running.delete(sending));
      running.add(sending);
      if (running.size === concurrentParts) await Promise.race(running);
      signal.throwIfAborted();
    }
  } finally {
    await Promise.all(running);
  }
  signal.throwIfAborted();
  return { parts, sentBytes };
}

/** Aborts the uploads under keys that begin with `prefix`, begun before `olderThan`. @returns how many */
export async function abortUploads(
  bucket: Bucket,
  prefix: string,
  { olderThan, signal }: { olderThan?: Date; signal: AbortSignal },
): Promise<number> {
  let aborted = 0;
  let marker: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } | undefined = {};
  while (marker) {
    const list: ListMultipartUploadsCommand = new ListMultipartUploadsCommand({
      Bucket: bucket.bucket,
      Prefix: bucket.fullKey(prefix),
      ...marker,
    });
    const page = await request(`Listing the uploads of ${bucket.location}`, signal, (options) => bucket.client.send(list, options));
    for (const { Key, UploadId, Initiated } of page.Uploads ?? []) {
      if (olderThan && Initiated && Initiated >= olderThan) continue;
      const abort = new AbortMultipartUploadCommand({ Bucket: bucket.bucket, Key, UploadId });
      await request(`Aborting an upload of ${bucket.location}`, signal, (options) => bucket.client.send(abort, options)).catch(
        (error: unknown) => {
          if (!isOpsError(error) || error.details.error !== 'NoSuchUpload') throw error;
        },
      );
      aborted += 1;
    }
    marker = page.IsTruncated ? { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker } : undefined;
  }
  return aborted;
}
