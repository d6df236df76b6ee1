import { setTimeout as sleep } from 'node:timers/promises';
import { HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { OpsError } from '#kernel/errors';
import type { ObjectMetadata, PutIfAbsentOutcome } from '../object-store.ts';
import { type Bucket, refusePlainText, request } from './bucket.ts';
import { factsOf, translateS3Error, withoutRequest } from './translate.ts';

const maxConflicts = 8;

/**
 * A single PutObject with If-None-Match. 412 means that an object is there: ours when it carries our run id, because an answer that was
 * lost is asked for again by the SDK. 409 means that another writer was at it at the same moment, and who won is not yet said.
 */
export async function putIfAbsent(
  bucket: Bucket,
  key: string,
  body: Buffer,
  { runId, metadata, signal }: { runId: string; metadata: ObjectMetadata; signal: AbortSignal },
): Promise<PutIfAbsentOutcome> {
  const Key = bucket.fullKey(key);
  const tried = `Creating ${bucket.location}/${key}`;
  const put = new PutObjectCommand({
    Bucket: bucket.bucket,
    Key,
    Body: body,
    IfNoneMatch: '*',
    Metadata: { ...metadata, 'run-id': runId },
    ...bucket.creation,
  });
  for (let attempt = 1; ; attempt += 1) {
    signal.throwIfAborted();
    try {
      const answer = await bucket.client.send(put, { abortSignal: signal });
      await refusePlainText(bucket, key, answer.ServerSideEncryption);
      return 'created';
    } catch (error) {
      signal.throwIfAborted();
      const { name, status } = factsOf(error);
      if (status === 412) {
        const there = await headOf(bucket, key, signal);
        if (there && there.runId !== runId) return 'exists';
        if (there) {
          await refusePlainText(bucket, key, there.encryption);
          return 'created';
        }
      } else if (status !== 409 && name !== 'ConditionalRequestConflict') {
        throw translateS3Error(error, tried);
      }
      if (attempt === maxConflicts) throw translateConflict(error, tried);
    }
    await sleep(50 * 2 ** Math.min(attempt, 5) * (0.5 + Math.random() / 2), undefined, { signal });
  }
}

/** undefined when it vanished between the 412 and now. */
async function headOf(
  bucket: Bucket,
  key: string,
  signal: AbortSignal,
): Promise<{ runId: string | undefined; encryption: string | undefined } | undefined> {
  const head = new HeadObjectCommand({ Bucket: bucket.bucket, Key: bucket.fullKey(key) });
  return await request(`Reading ${bucket.location}/${key}`, signal, async (options) => {
    try {
      const { Metadata, ServerSideEncryption } = await bucket.client.send(head, options);
      return { runId: Metadata?.['run-id'], encryption: ServerSideEncryption };
    } catch (error) {
      if (factsOf(error).status === 404) return undefined;
      throw error;
    }
  });
}

function translateConflict(error: unknown, tried: string): OpsError {
  return new OpsError('OBJECT_STORE_UNAVAILABLE', {
    message: `${tried}: other writers were always at the same key (${maxConflicts} tries)`,
    cause: withoutRequest(error),
  });
}
