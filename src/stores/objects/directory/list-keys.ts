import type { Dirent } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { OpsError } from '#kernel/errors';
import { metadataSuffix } from '../object-name.ts';
import type { ObjectInfo } from '../object-store.ts';
import { codeOf } from './translate.ts';

interface Range {
  prefix: string;
  startAfter: string;
  signal: AbortSignal;
}

/**
 * The objects under `root` whose keys begin with `prefix`, in the order of S3: by the bytes of the whole key, so a folder sorts as if its
 * name ended in a slash. Folders that cannot hold such a key are not read.
 */
export async function* listKeys(root: string, range: Range, folder = ''): AsyncGenerator<ObjectInfo> {
  for (const entry of await readFolder(join(root, folder))) {
    range.signal.throwIfAborted();
    const key = folder + entry;
    if (entry.endsWith('/')) {
      if (mayHold(key, range)) yield* listKeys(root, range, key);
    } else if (key.startsWith(range.prefix) && key > range.startAfter) {
      const sizeBytes = await sizeOf(join(root, key));
      if (sizeBytes !== undefined) yield { key, sizeBytes };
    }
  }
}

function mayHold(folderKey: string, { prefix, startAfter }: Range): boolean {
  const onTheWay = folderKey.startsWith(prefix) || prefix.startsWith(folderKey);
  return onTheWay && (folderKey > startAfter || startAfter.startsWith(folderKey));
}

/** Names of files and, with a slash at the end, of folders, in key order; keys are ASCII, so code units sort as bytes do. */
async function readFolder(path: string): Promise<string[]> {
  try {
    const entries = await readdir(path, { withFileTypes: true });
    const names = entries
      .filter(({ name }) => !name.startsWith('.') && !name.endsWith(metadataSuffix))
      .map(async (entry) => ((await isFolder(join(path, entry.name), entry)) ? `${entry.name}/` : entry.name));
    return (await Promise.all(names)).sort((a, b) => (a < b ? -1 : 1));
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return [];
    throw error;
  }
}

/** Reading an object follows symbolic links; a listing that did not would show less than there is, and prove an absence that is none. */
async function isFolder(path: string, entry: Dirent): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    throw new OpsError('OBJECT_STORE_UNAVAILABLE', { message: `${path} leads nowhere, so what is behind it is not known`, cause: error });
  }
}

/** undefined for what was deleted meanwhile and for what is no file. */
async function sizeOf(path: string): Promise<number | undefined> {
  try {
    const stats = await stat(path);
    return stats.isFile() ? stats.size : undefined;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
