import { hostname, userInfo } from 'node:os';
import { Readable } from 'node:stream';
import { OpsError } from '#kernel/errors';
import type { Reporter } from '#kernel/events';
import { elapsedMs } from '#kernel/time';
import { formatDuration } from '#kernel/units';
import { baseFolder, labelOf } from '#repository/layout';
import type { BaseManifest } from '#repository/manifest';
import type { Repository } from '#repository/open';
import { publishManifest } from '#repository/publish';
import { storeObject } from '#repository/store-object';
import { claimSystem } from '#repository/systems';
import type { PostgresClient } from '#stores/postgres/connect';
import { proveArchiving } from './archive-marker.ts';
import { explainMissing } from './archiver-state.ts';
import { awaitSegments, segmentsOf } from './await-segments.ts';
import type { BackupRequest, BackupStep } from './backup-request.ts';
import { readBackupStream } from './backup-stream.ts';
import { buildManifest } from './build-manifest.ts';
import { claimOf } from './claim-of.ts';
import { readOutsideConfigFiles } from './config-files.ts';
import { type CopiedBackup, copyArchives } from './copy-archives.ts';
import { openReplication } from './open-replication.ts';
import { checkServerCanBeBackedUp } from './preconditions.ts';
import { refuseTakenLabel } from './refuse-taken-label.ts';
import { describeServer, readServerPoint, readServerTime, type ServerFacts } from './server-facts.ts';
import { watchServerWait } from './watch-server-wait.ts';

export interface BackupTools {
  /** A SQL session on the primary. */
  sql: PostgresClient;
  repository: Repository;
  reporter: Reporter;
  signal: AbortSignal;
  /** Where programs are looked for. */
  env: Readonly<Record<string, string | undefined>>;
  toolVersion: string;
  /** For the journal. */
  step(id: BackupStep, state: 'begin' | 'done'): Promise<void>;
  /** Called before the manifest is published; throws when the run lost its lock. */
  assertLocked(): Promise<void>;
}

/**
 * Takes a base backup and publishes it. Either it is there with every byte and every segment it needs, or there is no manifest.
 * @throws BACKUP_*, REPOSITORY_SYSTEM_FOREIGN, LEASE_LOST, POSTGRES_*, OBJECT_*
 */
export async function createBaseBackup(tools: BackupTools, request: BackupRequest): Promise<BaseManifest> {
  const { sql, repository, reporter, signal } = tools;
  const server = await describeServer(sql);
  checkServerCanBeBackedUp(server, sql.location);
  const startTime = await readServerTime(sql);
  const label = request.label ?? labelOf(startTime);
  await refuseTakenLabel(repository, label, signal);
  await inStep(tools, 'claim', async () => claimSystem(repository, await claimOf(sql, server, request.runId), signal));
  // Opened before the marker: a missing right is found without touching the WAL.
  const replication = await openReplication(sql, server);
  try {
    const { runId, walWaitMs: deadlineMs } = request;
    await inStep(tools, 'marker', () => proveArchiving(sql, repository, server, { runId, deadlineMs, reporter, signal }));
    const folder = baseFolder(label, runId);
    const copied = await inStep(tools, 'copy', () => copy(tools, request, replication, label, folder));
    const point = await readServerPoint(sql);
    const segments = await inStep(tools, 'wal', () => awaitOwnWal(tools, request, server, copied));
    const configFiles = await storeConfigFiles(tools, folder);
    const manifest = buildManifest({
      cluster: repository.cluster,
      server,
      copied,
      segments,
      configFiles,
      label,
      runId,
      toolVersion: tools.toolVersion,
      startTime,
      stopTime: point.time,
      nextXid: point.nextXid,
      durationMs: elapsedMs(startTime, await readServerTime(sql)),
      createdBy: { host: hostname(), user: userInfo().username },
    });
    await tools.assertLocked();
    await inStep(tools, 'publish', () => publishManifest(repository, manifest, signal));
    return manifest;
  } finally {
    await replication.close();
  }
}

async function inStep<Result>(tools: BackupTools, id: BackupStep, work: () => Promise<Result>): Promise<Result> {
  await tools.step(id, 'begin');
  const result = await work();
  await tools.step(id, 'done');
  return result;
}

async function copy(
  tools: BackupTools,
  request: BackupRequest,
  replication: PostgresClient,
  label: string,
  folder: string,
): Promise<CopiedBackup> {
  const { sql, repository, reporter, signal, env } = tools;
  const watch = watchServerWait({ sql, replication, deadlineMs: request.walWaitMs, reporter });
  try {
    const events = readBackupStream(replication, { label, maxRateKilobytes: request.maxRateKilobytes }, { signal });
    return await copyArchives(events, (name, body) => storeObject(repository, body, { folder, name, env, signal, threads: 2 }), reporter);
  } catch (error) {
    throw watch.failure() ?? error;
  } finally {
    await watch.stop();
  }
}

async function awaitOwnWal(
  tools: BackupTools,
  request: BackupRequest,
  server: ServerFacts,
  copied: CopiedBackup,
): Promise<readonly string[]> {
  const { repository, reporter, signal } = tools;
  const { systemId, segmentBytes } = server;
  const segments = segmentsOf({ timeline: copied.timeline, startLsn: copied.startLsn, stopLsn: copied.stopLsn, segmentBytes });
  const missing = await awaitSegments(repository, segments, {
    systemId,
    deadlineMs: request.walWaitMs,
    signal,
    onWait: (left) =>
      reporter.progress({
        phase: 'wal',
        done: segments.length - left.length,
        total: segments.length,
        unit: 'segments',
        detail: left[0] ?? '',
      }),
  });
  const [first] = missing;
  if (first === undefined) return segments;
  const { detail, archiver } = await explainMissing(tools.sql, first);
  throw new OpsError('BACKUP_WAL_MISSING', {
    message: `${missing.length} of the backup's ${segments.length} segments did not arrive in ${repository.store.location} within ${formatDuration(request.walWaitMs)}, first ${first}`,
    detail,
    details: { missing: missing.slice(0, 100), ...archiver },
  });
}

async function storeConfigFiles(tools: BackupTools, folder: string): Promise<BaseManifest['configFiles']> {
  const { sql, repository, reporter, signal, env } = tools;
  const stored: BaseManifest['configFiles'] = [];
  for (const { path, name, body } of await readOutsideConfigFiles(sql, reporter)) {
    stored.push({ path, object: await storeObject(repository, Readable.from([body]), { folder, name: `config/${name}`, env, signal }) });
  }
  return stored;
}
