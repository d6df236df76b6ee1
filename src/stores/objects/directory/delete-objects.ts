import { rm, rmdir } from 'node:fs/promises';
import { dirname } from 'node:path';
import { syncDirectory } from '#platform/atomic-file';
import { checkKey } from '../object-name.ts';
import { metadataPath } from './metadata-file.ts';
import { pathOf } from './place.ts';
import { codeOf } from './translate.ts';

/** Deletes what is there, and the folders that become empty. @returns the keys that could not be deleted, with the system's word for why */
export async function deleteObjects(
  root: string,
  keys: readonly string[],
  signal: AbortSignal,
): Promise<readonly { key: string; reason: string }[]> {
  const failed: { key: string; reason: string }[] = [];
  const folders = new Set<string>();
  for (const key of keys) {
    signal.throwIfAborted();
    const path = pathOf(root, checkKey(key));
    try {
      // Metadata first: metadata without an object would mean that somebody is creating it.
      await rm(metadataPath(path), { force: true });
      await rm(path, { force: true });
      folders.add(dirname(path));
    } catch (error) {
      failed.push({ key, reason: codeOf(error) ?? String(error) });
    }
  }
  for (const folder of folders) await syncDirectory(await removeEmpty(root, folder)).catch(() => {});
  return failed;
}

/** @returns the first folder on the way up that stays */
async function removeEmpty(root: string, folder: string): Promise<string> {
  if (folder === root) return root;
  try {
    await rmdir(folder);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') return folder;
  }
  return await removeEmpty(root, dirname(folder));
}
