import { lstat, readdir, rm } from 'node:fs/promises';
import { basename, dirname, join, relative, sep } from 'node:path';
import { metadataSuffix } from '../object-name.ts';
import { completeObject } from './create-object.ts';
import { readMetadataFile } from './metadata-file.ts';
import { finalNameOf } from './temporary-file.ts';

/**
 * Removes temporary files older than `olderThan` under keys that begin with `prefix`. One that linked metadata names is no leftover: its
 * object was decided on, and gets its name first. @returns how many were removed
 */
export async function removeLeftovers(root: string, prefix: string, olderThan: Date, signal: AbortSignal): Promise<number> {
  let removed = 0;
  for await (const path of temporaryFiles(root, signal)) {
    const finalPath = join(dirname(path), finalNameOf(basename(path)) as string);
    const key = relative(root, finalPath).split(sep).join('/');
    if (!key.startsWith(prefix) || (await lstat(path)).mtime >= olderThan) continue;
    if (!finalPath.endsWith(metadataSuffix) && (await readMetadataFile(finalPath))?.body === basename(path))
      await completeObject(finalPath);
    await rm(path, { force: true });
    removed += 1;
  }
  return removed;
}

async function* temporaryFiles(folder: string, signal: AbortSignal): AsyncGenerator<string> {
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    signal.throwIfAborted();
    const path = join(folder, entry.name);
    if (entry.isDirectory() && !entry.name.startsWith('.')) yield* temporaryFiles(path, signal);
    else if (entry.isFile() && finalNameOf(entry.name) !== undefined) yield path;
  }
}
