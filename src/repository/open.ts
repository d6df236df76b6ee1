import { isOpsError, OpsError } from '#kernel/errors';
import type { ObjectStore } from '#stores/objects/object-store';
import { storeFolder } from '#stores/objects/store-folder';
import type { Codec } from './codec.ts';
import { suffixOf } from './codec.ts';
import { type Identity, identitySchema } from './identity.ts';
import { identityKey } from './layout.ts';
import { parseJson } from './parse-json.ts';

export interface Repository {
  /** As in the configuration. */
  name: string;
  cluster: string;
  /** The repository's own folder; keys are those of layout.ts. */
  store: ObjectStore;
  identity: Identity;
  codec: Codec;
  suffix: '.zst' | '.gz';
}

export interface OpenOptions {
  cluster: string;
  name: string;
  signal: AbortSignal;
}

/**
 * Reads repository.json and believes nothing else.
 * @throws REPOSITORY_NOT_INITIALISED, REPOSITORY_FOREIGN, REPOSITORY_FORMAT_UNKNOWN, REPOSITORY_INVALID, OBJECT_*
 */
export async function openRepository(store: ObjectStore, options: OpenOptions): Promise<Repository> {
  const folder = storeFolder(store, options.cluster);
  const identity = await readIdentity(folder, options);
  if (identity)
    return {
      name: options.name,
      cluster: options.cluster,
      store: folder,
      identity,
      codec: identity.codec,
      suffix: suffixOf(identity.codec),
    };
  throw new OpsError('REPOSITORY_NOT_INITIALISED', {
    message: `There is no repository of ${options.cluster} in ${store.location}`,
    nextSteps: [
      `Create it: \`copilot-db repository init --repository ${options.name}\``,
      'Or correct `cluster` and `backup.repositories` in the configuration',
    ],
    details: { repository: options.name, location: folder.location },
  });
}

/** undefined when the place was proven to hold none. `folder` is the repository's own. */
export async function readIdentity(folder: ObjectStore, { cluster, signal }: OpenOptions): Promise<Identity | undefined> {
  const name = `${folder.location}/${identityKey}`;
  try {
    const { body } = await folder.getBuffer(identityKey, { maxBytes: 64 * 1024, signal });
    const identity = parseJson(body, { schema: identitySchema, name, invalid: 'REPOSITORY_INVALID' });
    if (identity.cluster === cluster) return identity;
    throw new OpsError('REPOSITORY_FOREIGN', {
      message: `${name} belongs to the cluster ${identity.cluster}, not to ${cluster}`,
      details: { location: folder.location, cluster: identity.cluster, expected: cluster },
    });
  } catch (error) {
    if (isOpsError(error, 'OBJECT_NOT_FOUND')) return undefined;
    throw error;
  }
}
