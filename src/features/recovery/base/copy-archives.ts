import { isOpsError, OpsError } from '#kernel/errors';
import type { Reporter } from '#kernel/events';
import type { Lsn } from '#kernel/lsn';
import type { StoredObject } from '#repository/stored-object';
import type { BackupEvent, TablespaceFacts } from './backup-stream.ts';
import { createArchiveSink, type StoreArchive } from './store-archives.ts';

/** The server's own manifest is stored beside the archives under the name that pg_verifybackup looks for. */
export const backupManifestName = 'backup_manifest';

export interface CopiedBackup {
  startLsn: Lsn;
  stopLsn: Lsn;
  timeline: number;
  tablespaces: readonly TablespaceFacts[];
  /** One archive a tablespace: `base.tar` for the data directory, `<oid>.tar` for the others. */
  archives: readonly StoredObject[];
  backupManifest: StoredObject;
}

/**
 * Carries a backup from the server's stream into stored objects. When either side fails the other one ends too: the server's
 * backup is cancelled, and what was being stored leaves nothing under its key.
 * @throws BACKUP_PAGES_CORRUPT, BACKUP_PROTOCOL, BACKUP_TIMELINE_CHANGED, and what stream and store throw
 */
export async function copyArchives(events: AsyncIterable<BackupEvent>, store: StoreArchive, reporter: Reporter): Promise<CopiedBackup> {
  const sink = createArchiveSink(store);
  const warnings: string[] = [];
  let start: Extract<BackupEvent, { kind: 'start' }> | undefined;
  let stop: Extract<BackupEvent, { kind: 'stop' }> | undefined;
  let archive = '';
  let totalBytes: number | undefined;
  try {
    for await (const event of events) {
      switch (event.kind) {
        case 'start':
          start = event;
          totalBytes = totalOf(event.tablespaces);
          break;
        case 'archive':
          archive = event.name;
          await sink.begin(event.name);
          break;
        case 'manifest':
          archive = backupManifestName;
          await sink.begin(backupManifestName);
          break;
        case 'data':
          await sink.write(event.chunk);
          break;
        case 'progress': {
          const doneBytes = Number(event.doneBytes);
          reporter.progress({
            phase: 'copy',
            done: doneBytes,
            ...(totalBytes === undefined ? {} : { total: totalBytes }),
            unit: 'bytes',
            detail: archive,
          });
          break;
        }
        case 'notice':
          // Success and its notices are told by the phases; what the server warns about is the operator's to know.
          if (event.notice.sqlState !== '00000') {
            warnings.push(event.notice.message);
            reporter.warn(`The server says: ${event.notice.message}`);
          } else reporter.debug(event.notice.message);
          break;
        case 'stop':
          stop = event;
          break;
      }
    }
    const objects = await sink.finish();
    return assemble(start, stop, objects);
  } catch (error) {
    await sink.fail(error instanceof Error ? error : new Error(String(error)));
    throw isOpsError(error, 'POSTGRES_DATA_CORRUPTED') ? pagesCorrupt(error, warnings) : error;
  }
}

function assemble(
  start: Extract<BackupEvent, { kind: 'start' }> | undefined,
  stop: Extract<BackupEvent, { kind: 'stop' }> | undefined,
  objects: readonly StoredObject[],
): CopiedBackup {
  const backupManifest = objects.find((object) => object.name === backupManifestName);
  const archives = objects.filter((object) => object.name !== backupManifestName);
  if (start === undefined || stop === undefined || backupManifest === undefined || archives.length !== start.tablespaces.length) {
    throw new OpsError('BACKUP_PROTOCOL', {
      message: `The server announced ${start?.tablespaces.length ?? 0} tablespaces and sent ${archives.length} archives${backupManifest === undefined ? ' and no manifest' : ''}`,
    });
  }
  if (start.timeline !== stop.timeline) {
    throw new OpsError('BACKUP_TIMELINE_CHANGED', {
      message: `The backup began on timeline ${start.timeline} and ended on ${stop.timeline}`,
      details: { startTimeline: start.timeline, stopTimeline: stop.timeline },
    });
  }
  return {
    startLsn: start.lsn,
    stopLsn: stop.lsn,
    timeline: start.timeline,
    tablespaces: start.tablespaces,
    archives,
    backupManifest,
  };
}

/** undefined when the server did not estimate one of them. */
function totalOf(tablespaces: readonly TablespaceFacts[]): number | undefined {
  let totalBytes = 0;
  for (const { sizeBytes } of tablespaces) {
    if (sizeBytes === null) return undefined;
    totalBytes += sizeBytes;
  }
  return totalBytes;
}

/** The server warns for each file, and ends the backup with an error when it has sent everything. */
function pagesCorrupt(error: OpsError, warnings: readonly string[]): OpsError {
  return new OpsError('BACKUP_PAGES_CORRUPT', {
    message: 'The server found pages with a wrong checksum while it sent its files; there is no backup',
    detail: warnings.join('\n'),
    details: { ...error.details, warnings },
    cause: error,
  });
}
