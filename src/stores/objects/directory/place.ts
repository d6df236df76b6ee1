import { chmod, chown, mkdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { syncDirectory } from '#platform/atomic-file';
import { codeOf } from './translate.ts';

/** Who may read and write below the root: what is created gets the root's own permissions, so that operator and server can share it. */
export interface Ownership {
  directoryMode: number;
  fileMode: number;
  /** Given to everything created when we are root; undefined otherwise. */
  owner: { uid: number; gid: number } | undefined;
}

/** The root's own permissions, those of the directory and not of a symbolic link to it; undefined when there is no root. */
export async function readOwnership(root: string): Promise<Ownership | undefined> {
  try {
    const { mode, uid, gid } = await stat(root);
    const group = mode & 0o070 ? 0o2000 : 0;
    const directoryMode = (mode & 0o770) | 0o700 | group;
    return { directoryMode, fileMode: directoryMode & 0o660, owner: process.getuid?.() === 0 ? { uid, gid } : undefined };
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** Creates the root itself: 0700, of `owner` when we are root. */
export async function createRoot(root: string, owner: { uid: number; gid: number } | undefined): Promise<void> {
  await mkdir(root, { recursive: true, mode: 0o700 });
  if (owner && process.getuid?.() === 0) await chown(root, owner.uid, owner.gid);
  await syncDirectory(dirname(root));
}

/** Creates the directories between `root` and `directory`, each durably, with the root's permissions. */
export async function ensureDirectory(root: string, directory: string, ownership: Ownership): Promise<void> {
  if (directory === root) return;
  try {
    await mkdir(directory, { mode: ownership.directoryMode });
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return;
    if (codeOf(error) !== 'ENOENT') throw error;
    await ensureDirectory(root, dirname(directory), ownership);
    return await ensureDirectory(root, directory, ownership);
  }
  await chmod(directory, ownership.directoryMode);
  if (ownership.owner) await chown(directory, ownership.owner.uid, ownership.owner.gid);
  await syncDirectory(dirname(directory));
}

/** Makes the names from `directory` up to `root` durable, also those that another writer has just made; unchanged ones cost nothing. */
export async function syncUpwards(root: string, directory: string): Promise<void> {
  await syncDirectory(directory);
  if (directory !== root) await syncUpwards(root, dirname(directory));
}

/** `key` has been checked: no name in it begins with a dot. */
export function pathOf(root: string, key: string): string {
  return join(root, ...key.split('/'));
}
