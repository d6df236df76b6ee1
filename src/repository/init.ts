import { isOpsError, OpsError } from '#kernel/errors';
import type { Moment } from '#kernel/time';
import { findBinary } from '#platform/find-binary';
import type { ObjectStore } from '#stores/objects/object-store';
import { storeFolder } from '#stores/objects/store-folder';
import type { Codec } from './codec.ts';
import type { Identity } from './identity.ts';
import { identityKey } from './layout.ts';
import { type OpenOptions, openRepository, type Repository, readIdentity } from './open.ts';
import { formatJson } from './parse-json.ts';
import { probeStore } from './probe.ts';

export interface InitOptions extends OpenOptions {
  codec: Codec;
  runId: string;
  now: Moment;
  toolVersion: string;
}

/** What a repository of this host would use: zstd where the program is, else gzip, which Node brings. */
export async function chooseCodec(env: Readonly<Record<string, string | undefined>>): Promise<Codec> {
  return (await findBinary('zstd', { env })) === undefined ? 'gzip' : 'zstd';
}

/** The identity that is there already, or undefined where a repository can be made. Reads only. @throws REPOSITORY_FOREIGN, OBJECT_* */
export async function findRepository(store: ObjectStore, options: OpenOptions): Promise<Identity | undefined> {
  try {
    return await readIdentity(storeFolder(store, options.cluster), options);
  } catch (error) {
    // A directory is made by init; a bucket is the owner's to make.
    if (store.kind === 'directory' && isOpsError(error, 'OBJECT_BUCKET_MISSING')) return undefined;
    throw error;
  }
}

/**
 * Tries the store out and writes repository.json, once. A repository of the same cluster that is there already stays as it is.
 * @throws OBJECT_STORE_UNSUITABLE, OBJECT_ENCRYPTION_MISSING, REPOSITORY_FOREIGN, OBJECT_*
 */
export async function initRepository(
  store: ObjectStore,
  options: InitOptions,
): Promise<{ outcome: 'created' | 'exists'; repository: Repository }> {
  if (await findRepository(store, options)) return { outcome: 'exists', repository: await openRepository(store, options) };
  const folder = storeFolder(store, options.cluster);
  const capabilities = await probeStore(folder, options.runId, options.signal);
  const identity: Identity = {
    format: 1,
    cluster: options.cluster,
    codec: options.codec,
    encryption: 'none',
    createdAt: options.now,
    runId: options.runId,
    toolVersion: options.toolVersion,
    capabilities,
  };
  const put = await folder.putIfAbsent(identityKey, formatJson(identity), { runId: options.runId, signal: options.signal });
  const repository = await openRepository(store, options);
  if (put === 'created' && repository.identity.runId !== options.runId) {
    throw new OpsError('OBJECT_STORE_UNSUITABLE', { message: `${folder.location}/${identityKey} is not what was just written` });
  }
  return { outcome: put, repository };
}
