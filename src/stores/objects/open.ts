import type { Secret } from '#kernel/secret';
import { type DirectorySettings, openDirectoryStore } from './directory/store.ts';
import type { ObjectStore } from './object-store.ts';

export interface S3Settings {
  bucket: string;
  region: string;
  /** Without slashes at its ends; '' for none. */
  prefix: string;
  endpoint?: string | undefined;
  pathStyle: boolean;
  storageClass?: string | undefined;
  /** What the store has to say it applied. */
  sse?: 'AES256' | 'aws:kms' | undefined;
  /** Of `aws:kms`; the store's default key unless told. */
  sseKmsKeyId?: string | undefined;
  checksum: 'when-required' | 'when-supported';
  /** PEM, trusted beside the certificates Node brings. */
  caFile?: string | undefined;
  accessKeyId?: string | undefined;
  secretAccessKey?: Secret | undefined;
  sessionToken?: Secret | undefined;
  instanceMetadata: boolean;
}

export type ObjectStoreSettings = ({ kind: 'directory' } & DirectorySettings) | ({ kind: 's3' } & S3Settings);

/** Opens nothing yet: the first request finds out whether the store is there. @throws OBJECT_CA_UNREADABLE */
export async function openObjectStore(settings: ObjectStoreSettings): Promise<ObjectStore> {
  if (settings.kind === 'directory') return openDirectoryStore(settings);
  // The S3 client costs tens of milliseconds to load, and most commands of a directory repository never need it.
  const { openS3Store } = await import('./s3/store.ts');
  return await openS3Store(settings);
}
