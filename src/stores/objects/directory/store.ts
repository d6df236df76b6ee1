import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isOpsError } from '#kernel/errors';
import { guardBody, truncated } from '../guard-body.ts';
import { checkKey, checkMetadata } from '../object-name.ts';
import type { ObjectInfo, ObjectStore } from '../object-store.ts';
import { readWhole } from '../read-whole.ts';
import { createObject, replaceObject } from './create-object.ts';
import { deleteObjects } from './delete-objects.ts';
import { removeLeftovers } from './leftovers.ts';
import { listKeys } from './list-keys.ts';
import { readMetadataFile } from './metadata-file.ts';
import { openObject, requireRoot } from './open-object.ts';
import { createRoot, ensureDirectory, type Ownership, pathOf, readOwnership, syncUpwards } from './place.ts';
import { writeTemporary } from './temporary-file.ts';
import { fileWork, translateFileError } from './translate.ts';

const idleMs = 30_000;

export interface DirectorySettings {
  /** Absolute. */
  directory: string;
  /** Whom a directory that does not exist yet is given to, when we are root; the server has to be able to write there. */
  owner?: { uid: number; gid: number } | undefined;
}

/** Objects as plain files, each with its metadata in a file beside it. Its permissions are those of the directory itself (decision 0015). */
export function openDirectoryStore({ directory: root, owner }: DirectorySettings): ObjectStore {
  const preparing = (path: string) => async () => {
    if (!(await readOwnership(root))) await createRoot(root, owner);
    const ownership = (await readOwnership(root)) as Ownership;
    await ensureDirectory(root, dirname(path), ownership);
    return ownership;
  };

  const store: ObjectStore = {
    kind: 'directory',
    location: root,

    putStream: (key, body, { metadata, signal }) => {
      const path = pathOf(root, checkKey(key));
      checkMetadata(key, metadata);
      return fileWork(`Writing ${path}`, async () => {
        const temporary = await writeTemporary(path, body, preparing(path), signal);
        try {
          await replaceObject(temporary, path, metadata, preparing(path), signal);
        } finally {
          await rm(temporary.path, { force: true });
        }
        await syncUpwards(root, dirname(path));
        return temporary.sizeBytes;
      });
    },

    putIfAbsent: (key, body, { runId, metadata, signal }) => {
      const path = pathOf(root, checkKey(key));
      const facts = checkMetadata(key, { ...metadata, 'run-id': runId });
      return fileWork(`Creating ${path}`, async () => {
        const outcome = await createObject(path, body, facts, preparing(path), signal);
        await syncUpwards(root, dirname(path));
        if (outcome === 'created') return 'created';
        return (await readMetadataFile(path))?.metadata['run-id'] === runId ? 'created' : 'exists';
      });
    },

    overwrite: (key, body, { signal }) => {
      const path = pathOf(root, checkKey(key));
      return fileWork(`Writing ${path}`, async () => {
        const temporary = await writeTemporary(path, body, preparing(path), signal);
        await replaceObject(temporary, path, undefined, preparing(path), signal);
        await syncUpwards(root, dirname(path));
      });
    },

    getStream: async (key, { range, signal }) => {
      const path = pathOf(root, checkKey(key));
      return await fileWork(`Reading ${path}`, async () => {
        signal.throwIfAborted();
        const { file, sizeBytes } = await openObject(root, path);
        const start = range?.start ?? 0;
        const end = Math.min(range?.end ?? sizeBytes - 1, sizeBytes - 1);
        const expectedBytes = Math.max(0, end - start + 1);
        if (range && start >= sizeBytes) {
          await file.close();
          throw truncated(path, start + 1, sizeBytes);
        }
        const body = file.createReadStream({ start, end: Math.max(end, start), highWaterMark: 1024 * 1024 });
        return guardBody(body, {
          name: path,
          expectedBytes,
          idleMs,
          signal,
          translate: (error) => translateFileError(error, `Reading ${path}`),
        });
      });
    },

    getBuffer: async (key, { maxBytes, signal }) => {
      const head = await store.head(key, { signal });
      const body = await readWhole(await store.getStream(key, { signal }), pathOf(root, key), maxBytes);
      return { body, metadata: head?.metadata ?? {} };
    },

    head: (key, { signal }) => {
      const path = pathOf(root, checkKey(key));
      return fileWork(`Reading ${path}`, async () => {
        signal.throwIfAborted();
        try {
          const { file, sizeBytes, metadata } = await openObject(root, path);
          await file.close();
          return { key, sizeBytes, metadata, encryption: undefined };
        } catch (error) {
          if (isOpsError(error, 'OBJECT_NOT_FOUND', 'OBJECT_BUCKET_MISSING')) return undefined;
          throw error;
        }
      });
    },

    list: (prefix, { startAfter = '', signal }) => list(root, prefix, startAfter, signal),

    deleteBatch: (keys, { signal }) => deleteObjects(root, keys, signal),

    abortLeftovers: (prefix, { olderThan, signal }) =>
      fileWork(`Cleaning ${root}`, async () => ((await readOwnership(root)) ? await removeLeftovers(root, prefix, olderThan, signal) : 0)),

    close() {},
  };
  return store;
}

async function* list(root: string, prefix: string, startAfter: string, signal: AbortSignal): AsyncGenerator<ObjectInfo> {
  try {
    await requireRoot(root);
    yield* listKeys(root, { prefix, startAfter, signal });
  } catch (error) {
    throw translateFileError(error, `Listing ${root}`);
  }
}
