import { createHash } from 'node:crypto';
import { isOpsError, OpsError } from '#kernel/errors';
import type { WalFile } from '#kernel/wal-file';
import type { ObjectMetadata } from '#stores/objects/object-store';
import { compressBuffer, decompressBuffer } from './codec.ts';
import { parseWalKey, walFolder, walKey, walTimelineFolder } from './layout.ts';
import type { Repository } from './open.ts';

/** The largest `wal_segment_size`, and room for what does not compress. */
const maxRawBytes = 1024 ** 3;
const maxStoredBytes = maxRawBytes + 16 * 1024 ** 2;

interface WalOptions {
  env: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
}

export type PutWalOutcome =
  | { outcome: 'created'; key: string; rawBytes: number; storedBytes: number; sha256: string }
  /** The same bytes are there, durably; nothing was sent that stayed. */
  | { outcome: 'same'; key: string; rawBytes: number; sha256: string }
  /** Other bytes are there. Nothing was changed, and nothing may be. */
  | { outcome: 'conflict'; key: string; rawBytes: number; sha256: string; there: WalContent };

export interface WalContent {
  sha256: string;
  rawBytes: number | undefined;
  /** Of whoever archived it. */
  runId: string | undefined;
  host: string | undefined;
}

/** Stores a WAL file under the one key it can have, unless something is there; then the raw contents are compared. Durable when it resolves. */
export async function putWalFile(
  repository: Repository,
  file: { systemId: string; name: string; body: Buffer; runId: string; host?: string },
  options: WalOptions,
): Promise<PutWalOutcome> {
  const key = walKey(file.systemId, file.name, repository.suffix);
  const sha256 = digest(file.body);
  const rawBytes = file.body.length;
  const stored = await compressBuffer(repository.codec, file.body, options);
  // Metadata is printable ASCII everywhere; a host name is for people who look for the other server.
  const host = file.host === undefined ? {} : { host: file.host.replace(/[^!-~]/g, '?') };
  const metadata = { sha256, 'raw-bytes': String(rawBytes), ...host };
  const outcome = await repository.store.putIfAbsent(key, stored, { runId: file.runId, metadata, signal: options.signal });
  if (outcome === 'created') return { outcome, key, rawBytes, sha256, storedBytes: stored.length };
  const there = await describeWal(repository, key, options);
  return there.sha256 === sha256 ? { outcome: 'same', key, rawBytes, sha256 } : { outcome: 'conflict', key, rawBytes, sha256, there };
}

export interface FetchedWal {
  key: string;
  body: Buffer;
  /** `frame` when the object came without its metadata (copied by a tool that drops it): then only the codec's own checksum was there. */
  verifiedBy: 'sha256' | 'frame';
}

/**
 * A WAL file, checked against the sha256 of its raw bytes. undefined only when the store was reached and said that this key does not
 * exist; whether that proves absence is for the caller. @throws OBJECT_CORRUPT, OBJECT_TRUNCATED, OBJECT_ACCESS_DENIED, OBJECT_STORE_UNAVAILABLE
 */
export async function fetchWalFile(
  repository: Repository,
  file: { systemId: string; name: string },
  options: WalOptions,
): Promise<FetchedWal | undefined> {
  const key = walKey(file.systemId, file.name, repository.suffix);
  try {
    const { body, metadata } = await readWal(repository, key, options);
    return { key, body, verifiedBy: metadata.sha256 === undefined ? 'frame' : 'sha256' };
  } catch (error) {
    if (isOpsError(error, 'OBJECT_NOT_FOUND')) return undefined;
    throw error;
  }
}

export interface ListedWal {
  file: WalFile;
  key: string;
  storedBytes: number;
}

/** The WAL files of a timeline in name order, from `from` (inclusive, a file name) on. What is no WAL file of ours is passed over. */
export async function* listWalFiles(
  repository: Repository,
  place: { systemId: string; timeline: number; from?: string },
  signal: AbortSignal,
): AsyncGenerator<ListedWal> {
  const folder = walTimelineFolder(place.systemId, place.timeline);
  // The name without its suffix sorts just before the name itself.
  const startAfter = place.from === undefined ? {} : { startAfter: folder + place.from };
  for await (const { key, sizeBytes } of repository.store.list(folder, { ...startAfter, signal })) {
    const parsed = parseWalKey(key, repository.suffix);
    if (parsed) yield { file: parsed.file, key, storedBytes: sizeBytes };
  }
}

/** The timelines that hold any WAL of a system, ascending. One listing each: it jumps from folder to folder. */
export async function listTimelines(repository: Repository, systemId: string, signal: AbortSignal): Promise<number[]> {
  const timelines: number[] = [];
  let startAfter: string | undefined = '';
  while (startAfter !== undefined) {
    const from: string = startAfter;
    startAfter = undefined;
    for await (const { key } of repository.store.list(walFolder(systemId), { ...(from === '' ? {} : { startAfter: from }), signal })) {
      const parsed = parseWalKey(key, repository.suffix);
      if (!parsed) continue;
      timelines.push(parsed.file.timeline);
      startAfter = `${walTimelineFolder(systemId, parsed.file.timeline)}~`;
      break;
    }
  }
  return timelines;
}

async function readWal(repository: Repository, key: string, options: WalOptions): Promise<{ body: Buffer; metadata: ObjectMetadata }> {
  const { body: stored, metadata } = await repository.store.getBuffer(key, { maxBytes: maxStoredBytes, signal: options.signal });
  const maxBytes = Math.max(rawBytesOf(metadata) ?? maxRawBytes, 1);
  const body = await decompressBuffer(repository.codec, stored, { ...options, maxBytes });
  const expected = metadata.sha256;
  if (expected === undefined || digest(body) === expected) return { body, metadata };
  throw new OpsError('OBJECT_CORRUPT', {
    message: `${key} does not hold the bytes that were archived`,
    details: { key, expectedSha256: expected },
  });
}

async function describeWal(repository: Repository, key: string, options: WalOptions): Promise<WalContent> {
  const head = await repository.store.head(key, { signal: options.signal });
  const metadata = head?.metadata ?? {};
  const sha256 = metadata.sha256 ?? digest((await readWal(repository, key, options)).body);
  return { sha256, rawBytes: rawBytesOf(metadata), runId: metadata['run-id'], host: metadata.host };
}

function rawBytesOf(metadata: ObjectMetadata): number | undefined {
  const text = metadata['raw-bytes'];
  return text !== undefined && /^[0-9]{1,12}$/.test(text) ? Number(text) : undefined;
}

function digest(body: Buffer): string {
  return createHash('sha256').update(body).digest('hex');
}
