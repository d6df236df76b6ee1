import { DeleteObjectsCommand, HeadObjectCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3';
import { checkKey, checkMetadata } from '../object-name.ts';
import type { ObjectHead, ObjectInfo, ObjectStore } from '../object-store.ts';
import type { S3Settings } from '../open.ts';
import { type Bucket, openBucket, refusePlainText, request } from './bucket.ts';
import { getBuffer, getStream } from './get.ts';
import { abortUploads } from './multipart.ts';
import { putIfAbsent } from './put-if-absent.ts';
import { putStream } from './put-stream.ts';
import { factsOf } from './translate.ts';

/** DeleteObjects takes no more. */
const deletedAtOnce = 1000;

/** Objects in a bucket of S3 or of anything that speaks it. @throws OBJECT_CA_UNREADABLE */
export async function openS3Store(settings: S3Settings): Promise<ObjectStore> {
  const bucket = await openBucket(settings);
  return {
    kind: 's3',
    location: bucket.location,
    putStream: async (key, body, { metadata, signal }) =>
      await putStream(bucket, checkKey(key), body, { metadata: checkMetadata(key, metadata), signal }),
    putIfAbsent: async (key, body, { runId, metadata, signal }) =>
      await putIfAbsent(bucket, checkKey(key), body, { runId, metadata: checkMetadata(key, { ...metadata, 'run-id': runId }), signal }),
    overwrite: async (key, body, { signal }) => {
      const put = new PutObjectCommand({ Bucket: bucket.bucket, Key: bucket.fullKey(checkKey(key)), Body: body, ...bucket.creation });
      const answer = await request(`Writing ${bucket.location}/${key}`, signal, (options) => bucket.client.send(put, options));
      await refusePlainText(bucket, key, answer.ServerSideEncryption);
    },
    getStream: async (key, options) => (await getStream(bucket, checkKey(key), options)).body,
    getBuffer: async (key, options) => await getBuffer(bucket, checkKey(key), options),
    head: async (key, { signal }) => await head(bucket, checkKey(key), signal),
    list: (prefix, options) => list(bucket, prefix, options),
    deleteBatch: async (keys, { signal }) => {
      const failed: { key: string; reason: string }[] = [];
      for (let start = 0; start < keys.length; start += deletedAtOnce) {
        failed.push(...(await deleteSome(bucket, keys.slice(start, start + deletedAtOnce).map(checkKey), signal)));
      }
      return failed;
    },
    abortLeftovers: async (prefix, options) => await abortUploads(bucket, prefix, options),
    close: () => {
      bucket.client.destroy();
      bucket.downloads.destroy();
    },
  };
}

async function head(bucket: Bucket, key: string, signal: AbortSignal): Promise<ObjectHead | undefined> {
  const command = new HeadObjectCommand({ Bucket: bucket.bucket, Key: bucket.fullKey(key) });
  return await request(`Reading ${bucket.location}/${key}`, signal, async (options) => {
    try {
      const { ContentLength = 0, Metadata, ServerSideEncryption } = await bucket.client.send(command, options);
      return { key, sizeBytes: ContentLength, metadata: Metadata ?? {}, encryption: ServerSideEncryption };
    } catch (error) {
      // A HEAD has no body, so the status is all there is.
      if (factsOf(error).status === 404) return undefined;
      throw error;
    }
  });
}

async function* list(
  bucket: Bucket,
  prefix: string,
  { startAfter, signal }: { startAfter?: string; signal: AbortSignal },
): AsyncGenerator<ObjectInfo> {
  const place = { Bucket: bucket.bucket, Prefix: bucket.fullKey(prefix) };
  let position: { StartAfter?: string; ContinuationToken?: string } | undefined =
    startAfter === undefined ? {} : { StartAfter: bucket.fullKey(startAfter) };
  while (position) {
    const command: ListObjectsV2Command = new ListObjectsV2Command({ ...place, ...position });
    const page = await request(`Listing ${bucket.location}`, signal, (options) => bucket.client.send(command, options));
    for (const { Key = '', Size = 0 } of page.Contents ?? []) yield { key: bucket.shortKey(Key), sizeBytes: Size };
    position = page.NextContinuationToken === undefined ? undefined : { ContinuationToken: page.NextContinuationToken };
  }
}

async function deleteSome(bucket: Bucket, keys: readonly string[], signal: AbortSignal): Promise<{ key: string; reason: string }[]> {
  const Objects = keys.map((key) => ({ Key: bucket.fullKey(key) }));
  const command = new DeleteObjectsCommand({ Bucket: bucket.bucket, Delete: { Objects, Quiet: true } });
  const { Errors = [] } = await request(`Deleting in ${bucket.location}`, signal, (options) => bucket.client.send(command, options));
  return Errors.map(({ Key = '', Code, Message }) => ({ key: bucket.shortKey(Key), reason: Code ?? Message ?? 'unknown' }));
}
