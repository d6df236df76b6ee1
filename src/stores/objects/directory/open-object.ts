import { type FileHandle, open } from 'node:fs/promises';
import { OpsError } from '#kernel/errors';
import { truncated } from '../guard-body.ts';
import type { ObjectMetadata } from '../object-store.ts';
import { readMetadataFile } from './metadata-file.ts';
import { readOwnership } from './place.ts';
import { codeOf } from './translate.ts';

/**
 * Opens an object and checks it against its metadata. The caller closes the file.
 * @throws OBJECT_NOT_FOUND, OBJECT_BUCKET_MISSING (there is no directory, so nothing is known), OBJECT_TRUNCATED
 */
export async function openObject(root: string, path: string): Promise<{ file: FileHandle; sizeBytes: number; metadata: ObjectMetadata }> {
  const file = await openIfThere(path);
  if (!file) {
    await requireRoot(root);
    throw new OpsError('OBJECT_NOT_FOUND', { message: `${path} is not there`, details: { path } });
  }
  try {
    const { size: sizeBytes } = await file.stat();
    const described = await readMetadataFile(path);
    if (described && described.sizeBytes !== sizeBytes) throw truncated(path, described.sizeBytes, sizeBytes);
    return { file, sizeBytes, metadata: described?.metadata ?? {} };
  } catch (error) {
    await file.close();
    throw error;
  }
}

/** @throws OBJECT_BUCKET_MISSING */
export async function requireRoot(root: string): Promise<void> {
  if (await readOwnership(root)) return;
  throw new OpsError('OBJECT_BUCKET_MISSING', { message: `The directory ${root} does not exist`, details: { directory: root } });
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    const file = await open(path, 'r');
    if ((await file.stat()).isFile()) return file;
    await file.close();
    return undefined;
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return undefined;
    throw error;
  }
}
