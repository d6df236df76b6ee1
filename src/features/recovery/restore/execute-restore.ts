import { join } from 'node:path';
import { OpsError } from '#kernel/errors';
import type { Json } from '#kernel/json';
import { formatLsn, type Lsn } from '#kernel/lsn';
import { writeFileAtomic } from '#platform/atomic-file';
import { type OsUser, serverUser } from '#platform/os-user';
import { findPostgresPrograms } from '#platform/postgres-programs';
import { readBase } from '#repository/catalogue';
import type { BaseManifest } from '#repository/manifest';
import { readArchives } from '../windows/read-archive.ts';
import { baseFactsOf } from '../windows/read-bases.ts';
import { extractArchive } from './extract-archive.ts';
import { completeCluster, createDataDirectory, removeSignals, writeBackupManifest, writeMissingConfig } from './lay-out-files.ts';
import { ownership, removeMarker, writeMarker } from './marker.ts';
import type { RestoreFacts } from './plan-restore.ts';
import type { RestoreSurroundings } from './prepare-restore.ts';
import { recoverySettings } from './recovery-settings.ts';
import { stretchOf } from './required-wal.ts';
import { type Recovered, startRestored } from './start-restored.ts';
import { syncTree } from './sync-tree.ts';
import { clearLeftover } from './target-directory.ts';

export interface ExecuteOptions extends RestoreSurroundings {
  runId: string;
  /** As `askedBy` gave it for the request that was planned. */
  asked: string;
  /** Roles to ask the restored server as. */
  usernames: readonly string[];
  journal: { step(id: string, state: 'begin' | 'done', facts?: Json): Promise<void> };
}

export interface Restored {
  manifest: BaseManifest;
  /** Configuration files that the backup had not and that were made; pg_verifybackup has to be told with -i. */
  madeFiles: readonly string[];
  /** undefined without --start. */
  recovered: Recovered | undefined;
  phases: readonly { phase: string; durationMs: number }[];
}

/**
 * Does what the plan says. A kill at any point leaves a directory that no server starts in and that the same command clears, or, once
 * it is complete, one that the same command takes up. @throws RESTORE_*, OBJECT_*, BINARY_MISSING, SERVER_*
 */
export async function executeRestore(facts: RestoreFacts, options: ExecuteOptions): Promise<Restored> {
  const { repository, signal, journal } = options;
  const manifest = await readBase(repository, facts.base, signal);
  if (!manifest)
    throw new OpsError('RESTORE_BASE_UNKNOWN', { message: `The base backup ${facts.base} vanished`, details: { label: facts.base } });
  const user = await serverUser({ wanted: facts.owner, signal });
  const phases: { phase: string; durationMs: number }[] = [];
  const step = async <Value>(id: string, act: () => Promise<Value>): Promise<Value> => {
    signal.throwIfAborted();
    await journal.step(id, 'begin');
    const started = performance.now();
    const value = await act();
    phases.push({ phase: id, durationMs: Math.round(performance.now() - started) });
    await journal.step(id, 'done');
    return value;
  };

  const madeFiles = facts.isComplete ? [] : await restoreFiles(facts, manifest, user, options, step);
  let recovered: Recovered | undefined;
  if (facts.start) {
    const newestSegmentStart = await step('start', () => readNewestSegmentStart(manifest, options));
    recovered = await step('recover', async () => {
      const programs = await findPostgresPrograms({ ...options, major: facts.postgresMajor, needs: ['postgres'] });
      return startRestored({ ...options, facts, manifest, user, programs, newestSegmentStart });
    });
  }
  await removeMarker(facts.dataDir);
  return { manifest, madeFiles, recovered, phases };
}

type RunStep = <Value>(id: string, act: () => Promise<Value>) => Promise<Value>;

async function restoreFiles(
  facts: RestoreFacts,
  manifest: BaseManifest,
  user: OsUser,
  options: ExecuteOptions,
  step: RunStep,
): Promise<string[]> {
  const { dataDir } = facts;
  const layOut = { ...options, manifest, dataDir, user };
  if (facts.hasLeftover) await step('clear', () => clearLeftover(dataDir));
  await step('directory', async () => {
    await createDataDirectory(dataDir, user);
    await writeMarker(dataDir, { runId: options.runId, asked: options.asked, facts: facts as unknown as Json }, user);
  });
  await step('extract', async () => {
    for (const { archive } of manifest.tablespaces) {
      const onProgress = (done: number): void =>
        options.reporter.progress({ phase: 'extract', done, total: archive.rawBytes, unit: 'bytes' });
      await extractArchive({ ...options, archive, directory: dataDir, user, onProgress });
    }
  });
  const made = await step('configure', async () => {
    await writeBackupManifest(layOut);
    await removeSignals(dataDir);
    const file = { mode: 0o600, ...ownership(user) };
    await writeFileAtomic(join(dataDir, 'postgresql.auto.conf'), settingsOf(facts, manifest, options.runId), file);
    const files = await writeMissingConfig(layOut);
    await writeFileAtomic(join(dataDir, 'recovery.signal'), '', file);
    return files;
  });
  await step('complete', async () => {
    await syncTree(dataDir, options);
    await completeCluster(dataDir);
  });
  return made;
}

function settingsOf(facts: RestoreFacts, manifest: BaseManifest, runId: string): string {
  return recoverySettings({
    target: facts.target,
    action: facts.action,
    timeline: facts.timeline === manifest.timeline ? 'current' : facts.timeline,
    restoreCommand: facts.restoreCommand,
    origin: `Restored by copilot-db from base backup ${facts.base}, run ${runId}. Archiving is off: turn it on when this becomes the primary.`,
  });
}

/** Asked just before the server starts, so that a recovery without target can be held against it. */
async function readNewestSegmentStart(manifest: BaseManifest, options: ExecuteOptions): Promise<Lsn> {
  const base = baseFactsOf(manifest);
  const archives = await readArchives(options.repository, [base], options);
  const archive = archives.find((it) => it.systemId === base.systemId);
  if (!archive) return manifest.stopLsn;
  return formatLsn(stretchOf(base, archive).last * BigInt(base.segmentBytes));
}
