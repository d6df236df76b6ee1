import { randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { OpsError } from '#kernel/errors';
import type { ObjectStore } from '#stores/objects/object-store';
import type { Capabilities } from './identity.ts';
import { probeFolder } from './layout.ts';

/** More than one part of an S3 upload; a directory has no parts. */
const uploadBytes = { s3: 16 * 1024 ** 2 + 1, directory: 64 * 1024 };

/**
 * Finds out whether a store keeps the promises a repository rests on, by doing each: nothing is believed from its name or version. All
 * that was written is removed again. @throws OBJECT_STORE_UNSUITABLE, OBJECT_ENCRYPTION_MISSING, OBJECT_*
 */
export async function probeStore(folder: ObjectStore, runId: string, signal: AbortSignal): Promise<Capabilities> {
  const place = `${probeFolder}${runId}/`;
  const keys = { first: `${place}a`, second: `${place}b/c`, large: `${place}d` };
  try {
    await probePutIfAbsent(folder, keys.first, runId, signal);
    await folder.putIfAbsent(keys.second, Buffer.from('second'), { runId, signal });
    await probeUpload(folder, keys.large, signal);
    await probeList(folder, place, Object.values(keys), signal);
    await probeRange(folder, keys.first, signal);
    const head = await folder.head(keys.first, { signal });
    return { putIfAbsent: true, rangedGet: true, orderedList: true, multipart: true, serverSideEncryption: head?.encryption ?? null };
  } finally {
    await removeProbe(folder, Object.values(keys));
  }
}

async function probePutIfAbsent(folder: ObjectStore, key: string, runId: string, signal: AbortSignal): Promise<void> {
  await folder.putIfAbsent(key, Buffer.from('0123456789'), { runId, signal });
  const second = await folder.putIfAbsent(key, Buffer.from('overwritten'), { runId: `${runId}-other`, signal });
  const { body } = await folder.getBuffer(key, { signal });
  if (second !== 'exists' || body.toString() !== '0123456789')
    throw unsuitable(folder, 'a second put with If-None-Match replaced the first object');
}

async function probeUpload(folder: ObjectStore, key: string, signal: AbortSignal): Promise<void> {
  const body = randomBytes(uploadBytes[folder.kind]);
  await folder.putStream(key, Readable.from([body], { objectMode: false }), { signal });
  const { body: back } = await folder.getBuffer(key, { maxBytes: body.length + 1, signal });
  if (!back.equals(body)) throw unsuitable(folder, 'an upload in parts came back with other bytes');
}

async function probeList(folder: ObjectStore, place: string, expected: readonly string[], signal: AbortSignal): Promise<void> {
  const listed: string[] = [];
  for await (const { key } of folder.list(place, { signal })) listed.push(key);
  if (listed.join() !== expected.join())
    throw unsuitable(folder, `a listing gave ${listed.join(', ') || 'nothing'} instead of ${expected.join(', ')}`);
  for await (const { key } of folder.list(place, { startAfter: expected[1] as string, signal })) {
    if (key !== expected[2]) throw unsuitable(folder, `a listing after ${expected[1]} gave ${key}`);
  }
}

async function probeRange(folder: ObjectStore, key: string, signal: AbortSignal): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of (await folder.getStream(key, { range: { start: 2, end: 4 }, signal })) as AsyncIterable<Buffer>)
    chunks.push(chunk);
  if (Buffer.concat(chunks).toString() !== '234') throw unsuitable(folder, 'a ranged read gave other bytes than were asked for');
}

/** Also after an abort, and whatever fails here does not hide why the probe failed; expire removes old probes. */
async function removeProbe(folder: ObjectStore, keys: readonly string[]): Promise<void> {
  await folder.deleteBatch(keys, { signal: AbortSignal.timeout(10_000) }).catch(() => {});
}

function unsuitable(folder: ObjectStore, what: string): OpsError {
  return new OpsError('OBJECT_STORE_UNSUITABLE', {
    message: `${folder.location} cannot hold a repository: ${what}`,
    details: { location: folder.location },
  });
}
