import { OpsError } from '#kernel/errors';
import { baseManifestKey } from './layout.ts';
import { type BaseManifest, objectsOf, parseBaseManifest } from './manifest.ts';
import type { Repository } from './open.ts';
import { formatJson } from './parse-json.ts';
import type { StoredObject } from './stored-object.ts';

/**
 * The last act of a backup: from here on it exists. Every object is looked at once more before, because a manifest whose objects are
 * missing would be a lie. @throws BACKUP_LABEL_TAKEN, OBJECT_NOT_FOUND, OBJECT_TRUNCATED, BACKUP_MANIFEST_INVALID (a bug of the writer)
 */
export async function publishManifest(
  repository: Repository,
  manifest: BaseManifest,
  signal: AbortSignal,
): Promise<{ key: string; body: Buffer }> {
  const key = baseManifestKey(manifest.label);
  const body = formatJson(manifest);
  parseBaseManifest(body, key);
  for (const object of objectsOf(manifest)) await verifyStored(repository, object, signal);
  const outcome = await repository.store.putIfAbsent(key, body, { runId: manifest.runId, signal });
  if (outcome === 'created') return { key, body };
  throw new OpsError('BACKUP_LABEL_TAKEN', {
    message: `The label ${manifest.label} was published by another run`,
    details: { label: manifest.label, key },
  });
}

/** That every part is there in its full size; contents are read by `backup verify` and by restores. @throws OBJECT_NOT_FOUND, OBJECT_TRUNCATED */
export async function verifyStored(repository: Pick<Repository, 'store'>, object: StoredObject, signal: AbortSignal): Promise<void> {
  for (const part of object.parts) {
    const head = await repository.store.head(part.key, { signal });
    if (!head)
      throw new OpsError('OBJECT_NOT_FOUND', {
        message: `${part.key} of ${object.name} is not in the repository`,
        details: { key: part.key },
      });
    if (head.sizeBytes !== part.storedBytes) {
      throw new OpsError('OBJECT_TRUNCATED', {
        message: `${part.key} has ${head.sizeBytes} bytes instead of ${part.storedBytes}`,
        details: { key: part.key, expectedBytes: part.storedBytes, foundBytes: head.sizeBytes },
      });
    }
  }
}
