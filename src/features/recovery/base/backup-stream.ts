import type { Submittable } from 'pg';
import { OpsError } from '#kernel/errors';
import type { Lsn } from '#kernel/lsn';
import type { PostgresClient, ServerNotice } from '#stores/postgres/connect';
import { escapeLiteral } from '#stores/postgres/identifier';
import { translatePostgresError } from '#stores/postgres/translate';
import { createBoundedQueue } from './bounded-queue.ts';
import { type CopyMessage, parseCopyMessage } from './copy-message.ts';

/** Data that may wait in memory between the socket and its reader. */
const maxWaitingBytes = 4 * 1024 * 1024;

export interface TablespaceFacts {
  /** null for the data directory itself. */
  oid: number | null;
  /** Absolute path on the server; null for the data directory. */
  location: string | null;
  /** The server's estimate, for progress. */
  sizeBytes: number | null;
}

export type BackupEvent =
  | { kind: 'start'; lsn: Lsn; timeline: number; tablespaces: readonly TablespaceFacts[] }
  | CopyMessage
  | { kind: 'notice'; notice: ServerNotice }
  | { kind: 'stop'; lsn: Lsn; timeline: number };

export interface BackupStreamOptions {
  label: string;
  /** The server's own throttle; it takes 32 kB to 1 GB a second. */
  maxRateKilobytes?: number | undefined;
}

type Row = readonly (string | null)[];

/**
 * One BASE_BACKUP as a stream of events, in the server's order. Memory is bounded: the socket is paused while the reader is
 * slower than the server. Leaving the loop early, or an error in it, ends the server's backup too.
 * @throws POSTGRES_*, BACKUP_PROTOCOL
 */
export async function* readBackupStream(
  client: PostgresClient,
  options: BackupStreamOptions,
  { signal }: { signal: AbortSignal },
): AsyncGenerator<BackupEvent, void, void> {
  const { raw } = client;
  const queue = createBoundedQueue<BackupEvent>({
    maxBytes: maxWaitingBytes,
    onFull: () => void raw.connection.stream.pause(),
    onDrained: () => void raw.connection.stream.resume(),
  });
  client.onNotice((notice) => queue.push({ kind: 'notice', notice }, 0));
  raw.query(receiver(baseBackupCommand(options), queue.push, queue.end) as unknown as Submittable);
  let complete = false;
  try {
    for await (const event of queue.read()) {
      complete = event.kind === 'stop';
      yield event;
    }
    if (!complete) throw new OpsError('BACKUP_PROTOCOL', { message: 'The server ended BASE_BACKUP without saying where it stopped' });
  } catch (error) {
    complete = false;
    signal.throwIfAborted();
    throw translatePostgresError(error, { location: client.location, doing: 'read the base backup' });
  } finally {
    // A paused socket would never see the goodbye.
    raw.connection.stream.resume();
    if (!complete) await client.abandon();
  }
}

/** The statement; WAIT and no WAL, because the segments go to the repository and a backup without them is none. */
export function baseBackupCommand({ label, maxRateKilobytes }: BackupStreamOptions): string {
  const rate = maxRateKilobytes === undefined ? '' : `, MAX_RATE ${maxRateKilobytes}`;
  return `BASE_BACKUP (LABEL ${escapeLiteral(label)}, CHECKPOINT 'fast', WAL false, WAIT true, MANIFEST 'yes', MANIFEST_CHECKSUMS 'SHA256', TABLESPACE_MAP, PROGRESS true${rate})`;
}

/** What `pg` calls for its active query: three result sets with a CopyOut before the last. */
function receiver(command: string, push: (event: BackupEvent, sizeBytes: number) => void, end: (error?: unknown) => void) {
  const results: Row[][] = [];
  let rows: Row[] = [];
  let failed = false;
  const fail = (error: unknown): void => {
    failed = true;
    end(error);
  };
  const finishResult = (): void => {
    results.push(rows);
    if (results.length === 2) push(startEvent(results[0] ?? [], rows), 0);
    if (results.length === 3) push({ kind: 'stop', ...position(rows) }, 0);
    rows = [];
  };
  const guarded =
    <Argument>(handle: (argument: Argument) => void) =>
    (argument: Argument): void => {
      if (failed) return;
      try {
        handle(argument);
      } catch (error) {
        fail(
          new OpsError('BACKUP_PROTOCOL', { message: `The server's answer to BASE_BACKUP cannot be read: ${String(error)}`, cause: error }),
        );
      }
    };
  return {
    submit: (connection: { query(text: string): void }) => void connection.query(command),
    handleRowDescription: () => {
      rows = [];
    },
    handleDataRow: guarded(({ fields }: { fields: Row }) => void rows.push(fields)),
    // The command's own tag comes last and without rows.
    handleCommandComplete: guarded(() => {
      if (results.length < 3) finishResult();
    }),
    handleCopyData: guarded(({ chunk }: { chunk: Buffer }) => push(parseCopyMessage(chunk), chunk.byteLength)),
    handleEmptyQuery: () => undefined,
    handlePortalSuspended: () => undefined,
    handleError: fail,
    handleReadyForQuery: () => end(),
  };
}

function startEvent(start: readonly Row[], tablespaces: readonly Row[]): BackupEvent {
  return {
    kind: 'start',
    ...position(start),
    tablespaces: tablespaces.map(([oid, location, kilobytes]) => ({
      oid: oid == null ? null : Number(oid),
      location: location ?? null,
      sizeBytes: kilobytes == null ? null : Number(kilobytes) * 1024,
    })),
  };
}

function position(rows: readonly Row[]): { lsn: Lsn; timeline: number } {
  const [lsn, timeline] = rows[0] ?? [];
  if (lsn == null || timeline == null) throw new RangeError('a position without LSN or timeline');
  return { lsn, timeline: Number(timeline) };
}
