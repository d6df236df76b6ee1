import { dirname, resolve } from 'node:path';
import { OpsError } from '#kernel/errors';
import type { ObjectStoreSettings } from '#stores/objects/open';
import type { Config } from './schema.ts';
import { resolveSecret } from './secrets.ts';
import { serverOwner } from './server-owner.ts';

type S3Settings = NonNullable<NonNullable<NonNullable<Config['backup']>['postgres']>['s3']>;

export interface RepositorySettings {
  name: string;
  store: ObjectStoreSettings;
}

export interface SecretEnvironment {
  env: Readonly<Record<string, string | undefined>>;
  configPath: string | undefined;
  cwd: string;
  signal: AbortSignal;
}

/**
 * The repositories in the order of the configuration; the seed's `backup.postgres.s3` is the repository `main`.
 * @throws CONFIG_SECTION_MISSING when there is none, SECRET_UNREADABLE
 */
export async function repositoriesOf(config: Config, secrets: SecretEnvironment): Promise<RepositorySettings[]> {
  const listed = config.backup?.repositories ?? [];
  const fromSeed = config.backup?.postgres?.s3;
  const all = fromSeed && listed.length === 0 ? [{ name: 'main', s3: fromSeed }] : listed;
  if (all.length === 0) {
    throw new OpsError('CONFIG_SECTION_MISSING', {
      message: 'The configuration names no repository',
      nextSteps: ['Add `backup.repositories` with a `directory` or an `s3` bucket'],
    });
  }
  const wantsEncryption = config.backup?.postgres?.encryption === true;
  return Promise.all(
    all.map(async (repository): Promise<RepositorySettings> => {
      if (repository.s3)
        return { name: repository.name, store: await s3Settings(repository.name, repository.s3, wantsEncryption, secrets) };
      const directory = resolve(placeOf(secrets), repository.directory as string);
      return { name: repository.name, store: { kind: 'directory', directory, owner: await serverOwner(config, secrets.signal) } };
    }),
  );
}

/** One of them by name, the first without a name. */
export function chooseRepository(repositories: readonly RepositorySettings[], name: string | undefined): RepositorySettings {
  const chosen = name === undefined ? repositories[0] : repositories.find((repository) => repository.name === name);
  if (chosen) return chosen;
  throw new OpsError('USAGE_INVALID', {
    message: `The configuration has no repository \`${name}\``,
    nextSteps: [`One of: ${repositories.map((repository) => repository.name).join(', ')}`],
  });
}

/** Relative paths are seen from the file that names them: PostgreSQL runs us in its data directory, cron in /. */
function placeOf({ configPath, cwd }: SecretEnvironment): string {
  return configPath === undefined ? cwd : dirname(configPath);
}

async function s3Settings(
  name: string,
  s3: S3Settings,
  wantsEncryption: boolean,
  secrets: SecretEnvironment,
): Promise<ObjectStoreSettings> {
  const secret = await resolveSecret({
    name: `backup.repositories.${name}.secret_access_key`,
    value: s3.secret_access_key,
    file: s3.secret_access_key_file,
    ...secrets,
  });
  const sse = s3.sse ?? (wantsEncryption ? 'AES256' : 'none');
  return {
    kind: 's3',
    bucket: s3.bucket,
    region: s3.region,
    prefix: s3.prefix,
    pathStyle: s3.path_style,
    checksum: s3.checksum,
    instanceMetadata: s3.instance_metadata,
    ...(s3.endpoint === undefined ? {} : { endpoint: s3.endpoint }),
    ...(s3.storage_class === undefined ? {} : { storageClass: s3.storage_class }),
    ...(sse === 'none' ? {} : { sse }),
    ...(s3.sse_kms_key_id === undefined ? {} : { sseKmsKeyId: s3.sse_kms_key_id }),
    ...(s3.ca_file === undefined ? {} : { caFile: resolve(placeOf(secrets), s3.ca_file) }),
    ...(s3.access_key_id === undefined ? {} : { accessKeyId: s3.access_key_id }),
    ...(secret === undefined ? {} : { secretAccessKey: secret }),
  };
}
