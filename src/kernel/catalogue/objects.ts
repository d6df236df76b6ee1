import { defineErrors } from './entry.ts';

const checkSettings = 'Compare the repository in the configuration with what the provider shows: endpoint, bucket, region, credentials';

/** What an object store, S3 of any make or a directory, can answer. */
export const objectErrors = defineErrors({
  OBJECT_NOT_FOUND: {
    exit: 'integrity',
    title: 'an object is not there',
    explain:
      'The store was reached, the bucket or directory exists, and it has no object under this key. Objects are created once and only ' +
      '`backup expire` deletes them, so something that a manifest names should be there.',
    nextSteps: [
      'Look for the key in the store; a versioned bucket may still hold an older version of it',
      'Use another backup: `copilot-db backup list`',
    ],
  },
  OBJECT_BUCKET_MISSING: {
    exit: 'usage',
    title: 'the bucket or the directory does not exist',
    explain:
      'The store answers, but the bucket (or the directory) that the configuration names is not there. Nothing is created on demand: an ' +
      'unmounted file system or a misspelt bucket must not look like an empty repository.',
    nextSteps: ['Create the bucket, or mount the file system', checkSettings],
  },
  OBJECT_ACCESS_DENIED: {
    exit: 'usage',
    title: 'the store refuses access',
    explain:
      'The store answered, and it does not accept these credentials or does not grant what was asked. S3 without the right to list answers ' +
      'this for a missing key too, so it never counts as "not there".',
    nextSteps: [
      checkSettings,
      'Grant GetObject, PutObject, DeleteObject, ListBucket and AbortMultipartUpload on the prefix (or rw on the directory)',
    ],
  },
  OBJECT_CREDENTIALS_MISSING: {
    exit: 'usage',
    title: 'no credentials for the store',
    explain:
      'The configuration names no access key, and the usual places (environment, shared files, web identity) hold none. Instance metadata is ' +
      'asked only when `instance_metadata: true` is set.',
    nextSteps: ['Set `access_key_id` and `secret_access_key_file`, or export AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY'],
  },
  OBJECT_STORE_UNAVAILABLE: {
    exit: 'unavailable',
    title: 'the object store cannot be reached or cannot answer now',
    explain:
      'The name does not resolve, the connection was refused or cut, TLS failed, the store was silent for too long, or it answered with a ' +
      'server error again and again. Whether the object exists is unknown, so nothing is concluded from it.',
    nextSteps: ['Try again', 'Check the network path to the endpoint and the state of the store'],
  },
  OBJECT_STORE_FULL: {
    exit: 'unavailable',
    title: 'the store has no room',
    explain: 'The disk or the quota behind the repository is used up. What was being written was taken back.',
    nextSteps: ['Make room or raise the quota', 'See what is kept: `copilot-db repository show`'],
  },
  OBJECT_STORE_UNSUITABLE: {
    exit: 'refused',
    title: 'the store lacks something a repository needs',
    explain:
      'A repository needs a put that fails when the key exists, listing in order, ranged reads and uploads in parts. In a directory the first ' +
      'is made of hard links. A store that only pretends to have them would let one backup overwrite another.',
    nextSteps: ['Use another bucket or file system', 'Try again with a newer release of the store'],
  },
  OBJECT_REQUEST_REFUSED: {
    exit: 'usage',
    title: 'the store refuses a request as it was configured',
    explain:
      'The store answered that the request is wrong: a storage class or an encryption it does not know, another region, a clock that is off, ' +
      'checksums it does not understand.',
    nextSteps: [checkSettings, 'Set `checksum: when-required` for stores other than AWS'],
  },
  OBJECT_CA_UNREADABLE: {
    exit: 'usage',
    title: 'the certificate file for the store cannot be read',
    explain: '`ca_file` has to be a PEM file that this user can read.',
    nextSteps: ['Correct `ca_file`, or its permissions'],
  },
  OBJECT_ENCRYPTION_MISSING: {
    exit: 'refused',
    title: 'the store did not encrypt',
    explain:
      'Encryption was asked for, the store accepted the object, and its answer does not name that encryption. Some stores ignore the request ' +
      'header and keep plain text. The object was taken back.',
    nextSteps: ['Turn on server-side encryption in the store', 'Set `sse: none` if the store must not encrypt'],
  },
  OBJECT_TRUNCATED: {
    exit: 'integrity',
    title: 'fewer bytes than there have to be',
    explain: 'A transfer ended early, or an object is smaller than what was written under its key.',
    nextSteps: ['Try again once: a cut connection looks the same', 'Check the store: `copilot-db repository show`'],
  },
  OBJECT_CORRUPT: {
    exit: 'integrity',
    title: 'an object holds other content than was stored',
    explain: 'The checksum, the size or the compression frame does not fit what was recorded when the object was stored.',
    nextSteps: ['Do not use this object', 'Use another backup: `copilot-db backup list`', 'Check the disks or the store'],
  },
  OBJECT_TOO_LARGE: {
    exit: 'integrity',
    title: 'an object is larger than it can be',
    explain: 'A small object (a manifest, an identity, a WAL file) has more bytes than its kind can have, so it is not what its key says.',
    nextSteps: ['Look at the object: somebody else may write into this repository'],
  },
  OBJECT_NAME_INVALID: {
    exit: 'usage',
    title: 'a key or metadata that not every store can hold',
    explain:
      'Keys are `/`-separated names of letters, digits and a few signs; no empty name, no name that begins with a dot. Metadata is printable ' +
      'ASCII under lower-case names. What holds in every store can be copied between stores.',
    nextSteps: ['Choose another name'],
  },
});
