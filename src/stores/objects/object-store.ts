import type { Readable } from 'node:stream';

/** Small text facts kept beside an object: keys are lower-case kebab, values printable ASCII. */
export type ObjectMetadata = Readonly<Record<string, string>>;

export interface ObjectInfo {
  key: string;
  sizeBytes: number;
}

export interface ObjectHead extends ObjectInfo {
  metadata: ObjectMetadata;
  /** The encryption the store says it applied ("AES256", "aws:kms"); undefined when it says nothing. */
  encryption: string | undefined;
}

export type PutIfAbsentOutcome =
  /** Ours, durably; also when the first answer was lost and the retry met our own object. */
  | 'created'
  /** Something is there already, from another run. Nothing was changed. */
  | 'exists';

/**
 * A place for objects: S3 of any make, or a directory. Keys are `/`-separated text names below the store's prefix.
 * Every method throws catalogued OBJECT_* errors only, obeys the signal, and has a deadline for silence.
 */
export interface ObjectStore {
  readonly kind: 'directory' | 's3';
  /** For messages: "s3://bucket/prefix" or the directory. No secrets. */
  readonly location: string;
  /**
   * Streams of unknown length, multipart where the store needs it. Unconditional: the key has to hold the run id.
   * Resolves when durable; when `body` fails the upload is aborted and nothing appears under the key. @returns bytes stored
   */
  putStream(key: string, body: Readable, options: { metadata?: ObjectMetadata; signal: AbortSignal }): Promise<number>;
  /** The one conditional primitive: a single PutObject with If-None-Match. `runId` tells our own object from another's. */
  putIfAbsent(
    key: string,
    body: Buffer,
    options: { runId: string; metadata?: ObjectMetadata; signal: AbortSignal },
  ): Promise<PutIfAbsentOutcome>;
  /** Rewrites a small object. Only for the beat of a lease. */
  overwrite(key: string, body: Buffer, options: { signal: AbortSignal }): Promise<void>;
  /** Ends with an error, never early, when fewer bytes than announced arrive. @throws OBJECT_NOT_FOUND */
  getStream(key: string, options: { range?: { start: number; end?: number }; signal: AbortSignal }): Promise<Readable>;
  /** The whole of a small object, up to `maxBytes` (16 MiB by default). @throws OBJECT_NOT_FOUND, OBJECT_TOO_LARGE */
  getBuffer(key: string, options: { maxBytes?: number; signal: AbortSignal }): Promise<{ body: Buffer; metadata: ObjectMetadata }>;
  /** undefined when absent. S3 answers a HEAD of a missing bucket alike, so this proves nothing; a GET does. */
  head(key: string, options: { signal: AbortSignal }): Promise<ObjectHead | undefined>;
  /** In key order (UTF-8 bytes), page by page, those after `startAfter`. */
  list(prefix: string, options: { startAfter?: string; signal: AbortSignal }): AsyncIterable<ObjectInfo>;
  /** Deletes what is there, at most 1,000 a call to the store. @returns the keys that could not be deleted, with the reason */
  deleteBatch(keys: readonly string[], options: { signal: AbortSignal }): Promise<readonly { key: string; reason: string }[]>;
  /** Aborts multipart uploads (S3) or removes temporary files (directory) begun before `olderThan`. @returns how many */
  abortLeftovers(prefix: string, options: { olderThan: Date; signal: AbortSignal }): Promise<number>;
  close(): void;
}
