import type { Moment } from '#kernel/time';
import type { BaseManifest } from '#repository/manifest';
import type { CopiedBackup } from './copy-archives.ts';
import type { ServerFacts } from './server-facts.ts';

export interface ManifestParts {
  cluster: string;
  server: ServerFacts;
  copied: CopiedBackup;
  /** All of start..stop, in order. */
  segments: readonly string[];
  configFiles: BaseManifest['configFiles'];
  label: string;
  runId: string;
  toolVersion: string;
  startTime: Moment;
  /** Asked after the server had stopped the backup, so never too early: no target before it may use this backup. */
  stopTime: Moment;
  nextXid: string;
  durationMs: number;
  createdBy: { host: string; user: string };
}

/** Puts a finished backup into the words of the repository's format. */
export function buildManifest(parts: ManifestParts): BaseManifest {
  const { server, copied } = parts;
  return {
    format: 1,
    type: 'base',
    cluster: parts.cluster,
    systemId: server.systemId,
    serverVersion: server.versionNumber,
    label: parts.label,
    runId: parts.runId,
    toolVersion: parts.toolVersion,
    startTime: parts.startTime,
    stopTime: parts.stopTime,
    timeline: copied.timeline,
    startLsn: copied.startLsn,
    stopLsn: copied.stopLsn,
    startSegment: parts.segments[0] as string,
    stopSegment: parts.segments.at(-1) as string,
    nextXid: parts.nextXid,
    tablespaces: copied.tablespaces.map((tablespace) => ({ ...tablespace, archive: archiveOf(copied, tablespace.oid) })),
    backupManifest: copied.backupManifest,
    configFiles: parts.configFiles,
    requiredSettings: {
      maxConnections: setting(server, 'max_connections'),
      maxWorkerProcesses: setting(server, 'max_worker_processes'),
      maxWalSenders: setting(server, 'max_wal_senders'),
      maxPreparedTransactions: setting(server, 'max_prepared_transactions'),
      maxLocksPerTransaction: setting(server, 'max_locks_per_transaction'),
      walSegmentSize: server.segmentBytes,
    },
    pageChecksums: server.pageChecksums,
    durationMs: parts.durationMs,
    createdBy: parts.createdBy,
  };
}

/** The server names the archive of a tablespace by its oid, and the data directory's `base.tar`. */
function archiveOf(copied: CopiedBackup, oid: number | null): CopiedBackup['backupManifest'] {
  const name = oid === null ? 'base.tar' : `${oid}.tar`;
  const archive = copied.archives.find((object) => object.name === name);
  if (archive === undefined) throw new RangeError(`no archive ${name} among those of the server`);
  return archive;
}

function setting(server: ServerFacts, name: string): number {
  return Number(server.settings[name]);
}
