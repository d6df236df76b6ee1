import { OpsError } from '#kernel/errors';
import type { ObjectMetadata } from './object-store.ts';

const longestKeyBytes = 900;
const longestNameBytes = 200;
const longestMetadataBytes = 1800;

/** The ending of the file that holds an object's metadata in a directory store; no key may end so. */
export const metadataSuffix = '.meta.json';

/**
 * Refuses keys that some store cannot hold or that mean something to a file system. The limits leave room for a prefix (S3: 1,024 bytes
 * a key) and for our own endings (a file name: 255 bytes).
 * @throws OBJECT_NAME_INVALID
 */
export function checkKey(key: string): string {
  if (Buffer.byteLength(key) > longestKeyBytes) throw invalidKey(key, `longer than ${longestKeyBytes} bytes`);
  for (const name of key.split('/')) {
    if (name === '') throw invalidKey(key, 'has an empty name');
    if (name.startsWith('.')) throw invalidKey(key, 'has a name that begins with a dot');
    if (name.length > longestNameBytes) throw invalidKey(key, `has a name longer than ${longestNameBytes} bytes`);
    if (!/^[A-Za-z0-9_.=@+~-]+$/.test(name)) throw invalidKey(key, 'has a character other than letters, digits and _.=@+~-');
    if (name.endsWith(metadataSuffix)) throw invalidKey(key, `ends in ${metadataSuffix}`);
  }
  return key;
}

/**
 * Refuses metadata that a store would change on the way (S3 lowers names, encodes anything but ASCII, trims blanks).
 * @throws OBJECT_NAME_INVALID
 */
export function checkMetadata(key: string, metadata: ObjectMetadata = {}): ObjectMetadata {
  let sizeBytes = 0;
  for (const [name, value] of Object.entries(metadata)) {
    sizeBytes += name.length + value.length;
    if (!/^[a-z][a-z0-9]*(-[a-z0-9]+)*$/.test(name)) throw invalidMetadata(key, name, 'its name is not lower-case kebab');
    if (!/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(value))
      throw invalidMetadata(key, name, 'its value is not printable ASCII without outer blanks');
  }
  if (sizeBytes > longestMetadataBytes) throw invalidMetadata(key, '*', `all of it is longer than ${longestMetadataBytes} bytes`);
  return metadata;
}

function invalidKey(key: string, why: string): OpsError {
  return new OpsError('OBJECT_NAME_INVALID', { message: `The key ${JSON.stringify(key)} ${why}`, details: { key } });
}

function invalidMetadata(key: string, name: string, why: string): OpsError {
  return new OpsError('OBJECT_NAME_INVALID', {
    message: `The metadata ${JSON.stringify(name)} of ${key} cannot be kept: ${why}`,
    details: { key, name },
  });
}
