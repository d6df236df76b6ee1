import type { BaseManifest } from '#repository/manifest';
import type { StoredObject } from '#repository/stored-object';

/** A base backup's manifest with plausible facts, for tests that are about something else. */
export function baseManifest(facts: {
  cluster: string;
  systemId: string;
  runId: string;
  archive: StoredObject;
  label?: string;
}): BaseManifest {
  return {
    format: 1,
    type: 'base',
    cluster: facts.cluster,
    systemId: facts.systemId,
    serverVersion: 150020,
    label: facts.label ?? '20261123T020000Z',
    runId: facts.runId,
    toolVersion: '0.1.0',
    startTime: '2026-11-23T02:00:00.123456Z',
    stopTime: '2026-11-23T02:00:07.654321Z',
    timeline: 1,
    startLsn: '0/2000028',
    stopLsn: '0/2000138',
    startSegment: '000000010000000000000002',
    stopSegment: '000000010000000000000002',
    nextXid: '738',
    tablespaces: [{ oid: null, location: null, sizeBytes: null, archive: facts.archive }],
    backupManifest: { ...facts.archive, name: 'backup_manifest' },
    configFiles: [],
    requiredSettings: {
      maxConnections: 100,
      maxWorkerProcesses: 8,
      maxWalSenders: 10,
      maxPreparedTransactions: 0,
      maxLocksPerTransaction: 64,
      walSegmentSize: 16_777_216,
    },
    pageChecksums: true,
    durationMs: 7531,
    createdBy: { host: 'db1', user: 'postgres' },
  };
}
