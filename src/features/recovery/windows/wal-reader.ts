import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OpsError } from '#kernel/errors';
import { parseLsn } from '#kernel/lsn';
import { segmentName, segmentNumber } from '#kernel/wal-file';
import { runChild } from '#platform/child';
import type { Repository } from '#repository/open';
import { fetchWalFile } from '#repository/wal-objects';
import { parseTransactionEnds, type TransactionEnd } from './commit-times.ts';

export interface WalReader extends AsyncDisposable {
  endsOf(index: number): Promise<readonly TransactionEnd[]>;
}

export interface WalReaderOptions {
  repository: Repository;
  systemId: string;
  /** Neighbouring segments in order, as `endsOf` counts them; they may go over a switch of timelines. */
  segments: readonly string[];
  segmentBytes: number;
  /** Of the same major version as the server that wrote the WAL. */
  pgWaldump: string;
  /** Where a directory for two segments may be made. */
  temporaryRoot: string;
  env: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
}

/** Reads when transactions ended, straight from archived segments. Remembers what it read; leaves nothing behind. */
export async function openWalReader(options: WalReaderOptions): Promise<WalReader> {
  const directory = await mkdtemp(join(options.temporaryRoot, 'copilot-db-wal-'));
  const known = new Map<number, Promise<readonly TransactionEnd[]>>();
  return {
    endsOf(index) {
      const reading = known.get(index) ?? readEnds(options, directory, index);
      known.set(index, reading);
      return reading;
    },
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}

async function readEnds(options: WalReaderOptions, directory: string, index: number): Promise<readonly TransactionEnd[]> {
  const { segments, segmentBytes, pgWaldump, signal } = options;
  const first = segments[index] as string;
  const place = await mkdtemp(join(directory, 's-'));
  try {
    await fetchTo(options, first, join(place, first));
    // A record that begins at the end of the segment is whole only with the next one, which pg_waldump wants under the same timeline.
    const next = segments[index + 1];
    const nextNumber = segmentNumber(first, segmentBytes) + 1n;
    const last = next === undefined ? first : segmentName(Number.parseInt(first.slice(0, 8), 16), nextNumber, segmentBytes);
    if (next !== undefined) await fetchTo(options, next, join(place, last));
    const dump = await runChild(pgWaldump, ['--rmgr=Transaction', '--path', place, first, last], {
      env: { TZ: 'UTC', LC_ALL: 'C', PATH: options.env.PATH },
      maxOutputBytes: 1024 ** 3,
      signal,
    });
    // It ends with an error wherever WAL ends, so only its first words can tell a tool that cannot read this at all.
    if (!dump.succeeded && dump.stdout.length === 0 && /magic number|segment size/i.test(dump.stderrTail))
      throw unreadable(first, dump.stderrTail);
    const end = nextNumber * BigInt(segmentBytes);
    return parseTransactionEnds(dump.stdout.toString('latin1')).filter((it) => parseLsn(it.lsn) < end);
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}

async function fetchTo({ repository, systemId, env, signal }: WalReaderOptions, name: string, path: string): Promise<void> {
  const fetched = await fetchWalFile(repository, { systemId, name }, { env, signal });
  if (!fetched)
    throw new OpsError('RESTORE_WAL_MISSING', {
      message: `The segment ${name} vanished while it was looked for`,
      details: { segment: name },
    });
  await writeFile(path, fetched.body, { mode: 0o600 });
}

function unreadable(segment: string, words: string): OpsError {
  return new OpsError('RESTORE_WAL_MISSING', {
    message: `The segment ${segment} is no WAL that pg_waldump can read`,
    detail: words,
    details: { segment },
  });
}
