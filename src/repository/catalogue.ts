import { isOpsError, OpsError } from '#kernel/errors';
import { baseManifestKey, isLabel, parseBaseManifestKey } from './layout.ts';
import { type BaseManifest, parseBaseManifest } from './manifest.ts';
import type { Repository } from './open.ts';

export type CataloguedBase =
  | { label: string; manifest: BaseManifest }
  /** There is a manifest, but it cannot be read: damaged, of a newer format, or the store failed on it. */
  | { label: string; problem: OpsError };

/** The base backups that exist, newest first. One that cannot be read is reported in its place and does not hide the others. */
export async function listBases(repository: Repository, signal: AbortSignal): Promise<CataloguedBase[]> {
  const labels: string[] = [];
  for await (const { key } of repository.store.list('base/', { signal })) {
    const label = parseBaseManifestKey(key);
    if (label !== undefined) labels.push(label);
  }
  const bases: CataloguedBase[] = [];
  for (const label of labels.reverse()) bases.push(await readOrReport(repository, label, signal));
  return bases;
}

/** undefined when there is no backup of this label. @throws BACKUP_MANIFEST_INVALID, REPOSITORY_FORMAT_UNKNOWN, OBJECT_* */
export async function readBase(repository: Repository, label: string, signal: AbortSignal): Promise<BaseManifest | undefined> {
  if (!isLabel(label)) return undefined;
  const key = baseManifestKey(label);
  const name = `${repository.store.location}/${key}`;
  try {
    const { body } = await repository.store.getBuffer(key, { signal });
    const manifest = parseBaseManifest(body, name);
    if (manifest.label === label && manifest.cluster === repository.cluster) return manifest;
    throw new OpsError('BACKUP_MANIFEST_INVALID', { message: `${name} describes the backup ${manifest.label} of ${manifest.cluster}` });
  } catch (error) {
    if (isOpsError(error, 'OBJECT_NOT_FOUND')) return undefined;
    throw error;
  }
}

async function readOrReport(repository: Repository, label: string, signal: AbortSignal): Promise<CataloguedBase> {
  try {
    const manifest = await readBase(repository, label, signal);
    if (manifest) return { label, manifest };
    throw new OpsError('OBJECT_NOT_FOUND', { message: `The manifest of ${label} vanished while it was read` });
  } catch (error) {
    if (
      isOpsError(
        error,
        'BACKUP_MANIFEST_INVALID',
        'REPOSITORY_FORMAT_UNKNOWN',
        'OBJECT_NOT_FOUND',
        'OBJECT_TRUNCATED',
        'OBJECT_TOO_LARGE',
        'OBJECT_CORRUPT',
      )
    ) {
      return { label, problem: error };
    }
    throw error;
  }
}
