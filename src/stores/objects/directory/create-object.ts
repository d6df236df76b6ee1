import { link, lstat, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { OpsError } from '#kernel/errors';
import type { ObjectMetadata } from '../object-store.ts';
import { formatMetadataFile, type MetadataFile, metadataPath, readMetadataFile } from './metadata-file.ts';
import { type Prepare, type TemporaryFile, writeTemporary } from './temporary-file.ts';
import { codeOf } from './translate.ts';

const noLinks = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EXDEV']);

/**
 * Gives `body` the name `path` unless that exists. Among any number of writers one wins, and the metadata is always the winner's: the
 * metadata is linked first and names the synced file that alone may become the object; whoever finds metadata without an object links that
 * file on behalf of its writer, who may be slow or dead. The caller syncs the directory.
 */
export async function createObject(
  path: string,
  body: Buffer,
  metadata: ObjectMetadata,
  prepare: Prepare,
  signal: AbortSignal,
): Promise<'created' | 'exists'> {
  if (await exists(path)) return 'exists';
  const data = await writeTemporary(path, body, prepare, signal);
  // From the moment metadata names our file until the object has its name, the file is the object: a full disk must not take it.
  let isOwed = false;
  try {
    const content = { metadata, sizeBytes: data.sizeBytes, body: basename(data.path) };
    if (!(await linkMetadata(path, content, prepare, signal))) {
      await finishForOther(path, signal);
      return 'exists';
    }
    isOwed = true;
    const isFirst = await linkNew(data.path, path);
    isOwed = false;
    if (isFirst) return 'created';
    // EEXIST, yet the metadata is ours: a helper (or a lost answer of NFS) has linked our file, or an object without metadata was first.
    if (await sameFile(data.path, path)) return 'created';
    await rm(metadataPath(path), { force: true });
    return 'exists';
  } finally {
    if (!isOwed) await rm(data.path, { force: true });
  }
}

/** Gives a written file the name `path` whatever was there; for keys that hold a run id, and for beats. The caller syncs the directory. */
export async function replaceObject(
  data: TemporaryFile,
  path: string,
  metadata: ObjectMetadata | undefined,
  prepare: Prepare,
  signal: AbortSignal,
): Promise<void> {
  if (metadata) {
    const content = formatMetadataFile({ metadata, sizeBytes: data.sizeBytes, body: basename(data.path) });
    const metadataFile = await writeTemporary(metadataPath(path), content, prepare, signal);
    await rename(metadataFile.path, metadataPath(path));
  }
  await rename(data.path, path);
}

/** Links the file that the metadata of a missing object names. @returns whether the object has its name now */
export async function completeObject(path: string): Promise<boolean> {
  const content = await readMetadataFile(path);
  if (content) await linkNew(join(dirname(path), content.body), path).catch(ignoreMissing);
  return await exists(path);
}

async function linkMetadata(path: string, content: MetadataFile, prepare: Prepare, signal: AbortSignal): Promise<boolean> {
  const metadataFile = await writeTemporary(metadataPath(path), formatMetadataFile(content), prepare, signal);
  try {
    return await linkNew(metadataFile.path, metadataPath(path));
  } finally {
    await rm(metadataFile.path, { force: true });
  }
}

/** The writer of the metadata may be between two steps, so a few looks are needed before it is called broken. */
async function finishForOther(path: string, signal: AbortSignal): Promise<void> {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    if (await completeObject(path)) return;
    await sleep(25, undefined, { signal });
  }
  throw new OpsError('OBJECT_CORRUPT', {
    message: `${metadataPath(path)} has no object beside it, and the file it names is gone`,
    nextSteps: ['Find out what removes files from this directory', `Remove the metadata file, then try again`],
  });
}

/** link(2): true when the new name is ours, false when it exists. */
async function linkNew(existingPath: string, newPath: string): Promise<boolean> {
  try {
    await link(existingPath, newPath);
    return true;
  } catch (error) {
    const code = codeOf(error) ?? '';
    if (code === 'EEXIST') return false;
    if (!noLinks.has(code)) throw error;
    throw new OpsError('OBJECT_STORE_UNSUITABLE', { message: `The file system of ${dirname(newPath)} has no hard links`, cause: error });
  }
}

async function sameFile(a: string, b: string): Promise<boolean> {
  const [first, second] = await Promise.all([lstat(a), lstat(b)]);
  return first.ino === second.ino && first.dev === second.dev;
}

async function exists(path: string): Promise<boolean> {
  try {
    return (await lstat(path)).isFile();
  } catch (error) {
    ignoreMissing(error);
    return false;
  }
}

function ignoreMissing(error: unknown): void {
  if (codeOf(error) !== 'ENOENT' && codeOf(error) !== 'ENOTDIR') throw error;
}
