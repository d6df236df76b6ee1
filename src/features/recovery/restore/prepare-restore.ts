import { join } from 'node:path';
import { isOpsError, OpsError } from '#kernel/errors';
import type { Reporter } from '#kernel/events';
import type { Plan } from '#kernel/plan';
import type { Clock } from '#kernel/time';
import { formatBytes } from '#kernel/units';
import { findPostgresPrograms, type PostgresPrograms } from '#platform/postgres-programs';
import { readBase } from '#repository/catalogue';
import { identityKey } from '#repository/layout';
import { type BaseManifest, objectsOf } from '#repository/manifest';
import type { Repository } from '#repository/open';
import { verifyStored } from '#repository/publish';
import { type BaseFacts, firstSegmentOf } from '../windows/base-facts.ts';
import { findWaldump } from '../windows/find-waldump.ts';
import { locateTransactions, newestTransaction } from '../windows/locate-transactions.ts';
import { readArchives } from '../windows/read-archive.ts';
import { readBases } from '../windows/read-bases.ts';
import { segmentsIn } from '../windows/stretches.ts';
import { openWalReader } from '../windows/wal-reader.ts';
import { type ChosenBase, chooseBase } from './choose-base.ts';
import { chooseOwner } from './choose-owner.ts';
import { damaged } from './extract-archive.ts';
import { askedFor } from './marker.ts';
import { planRestore, type RestoreFacts } from './plan-restore.ts';
import { planResume } from './plan-resume.ts';
import type { TargetAction } from './recovery-settings.ts';
import { requiredWal, stretchOf, type TargetPosition } from './required-wal.ts';
import { restoreCommand } from './restore-command.ts';
import { isPastTarget, type RestoreTarget } from './restore-target.ts';
import { freeBytesAt, inspectTarget } from './target-directory.ts';

/** What the operator asked for. */
export interface RestoreRequest {
  target: RestoreTarget;
  action: TargetAction;
  /** Absolute. */
  dataDir: string;
  start: boolean;
  /** --base */
  label?: string | undefined;
  /** --owner, else `postgres.os_user`. */
  owner?: string | undefined;
}

export interface RestoreSurroundings {
  repository: Repository;
  /** Absolute path of bin/copilot-db-wal. */
  wrapper: string;
  /** Absolute path of the configuration that names the repository. */
  configPath: string;
  /** `postgres.bin_dir` */
  binDir?: string | undefined;
  temporaryRoot: string;
  clock: Clock;
  reporter: Reporter;
  env: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
}

/**
 * Finds out all that a restore rests on, and plans it. Reads only.
 * @throws RESTORE_*, OS_USER_UNKNOWN, OBJECT_*, BACKUP_MANIFEST_INVALID
 */
export async function prepareRestore(request: RestoreRequest, around: RestoreSurroundings): Promise<Plan<RestoreFacts>> {
  const { repository, signal } = around;
  const state = await inspectTarget(request.dataDir, askedBy(request, repository));
  if (state.kind === 'complete') return planResume(state.marker.facts as unknown as RestoreFacts);

  const bases = await readBases(repository, around);
  const archives = await readArchives(repository, bases, around);
  const chosen = chooseBase({ target: request.target, bases, archives, now: around.clock.now(), label: request.label });
  const manifest = await readChosen(repository, chosen.base, signal);
  const located = await locateTarget(chosen, request.target, around);
  const wal = requiredWal({ ...chosen, bases, target: request.target, position: located.position });
  refuseTablespaces(manifest);
  await refuseMissingObjects(repository, manifest, signal);
  const owner = await chooseOwner({
    wanted: request.owner,
    dataDir: request.dataDir,
    files: request.start ? filesToRead(around) : [],
    signal,
  });
  const programs = request.start ? await requirePrograms(chosen.base.postgresMajor, around) : undefined;
  const sizeBytes = manifest.tablespaces.reduce((sum, { archive }) => sum + archive.rawBytes, 0);
  const freeBytes = await freeBytesAt(request.dataDir);
  if (freeBytes !== undefined && freeBytes < sizeBytes) throw diskTooSmall(request.dataDir, sizeBytes, freeBytes);

  return planRestore({
    ...request,
    start: programs && { binDir: programs.binDir, version: programs.version },
    repository: repository.name,
    chosen,
    wal,
    position: located.position,
    blindness: located.blindness,
    sizeBytes,
    freeBytes,
    hasLeftover: state.kind === 'leftover',
    restoreCommand: restoreCommand({ ...around, systemId: chosen.base.systemId }),
    owner: owner.name,
  });
}

/** What restore_command needs; one object stands for all of a directory repository. */
function filesToRead({ configPath, wrapper, repository: { store } }: RestoreSurroundings): string[] {
  return [configPath, wrapper, ...(store.kind === 'directory' ? [join(store.location, identityKey)] : [])];
}

/** The arguments by which a later run is known for the same. */
export function askedBy({ target, action, start, label, dataDir }: RestoreRequest, repository: Repository): string {
  return askedFor({ cluster: repository.cluster, repository: repository.name, target: { ...target }, action, start, label, dataDir });
}

async function readChosen(repository: Repository, { label }: BaseFacts, signal: AbortSignal): Promise<BaseManifest> {
  const manifest = await readBase(repository, label, signal);
  if (manifest) return manifest;
  throw new OpsError('RESTORE_BASE_UNKNOWN', {
    message: `The base backup ${label} vanished while the restore was planned`,
    details: { label },
  });
}

/** Where the target lies among the transactions, and the newest one for `--latest`; or why that cannot be said. */
async function locateTarget(
  { base, archive }: ChosenBase,
  target: RestoreTarget,
  around: RestoreSurroundings,
): Promise<{ position: TargetPosition | undefined; blindness: string | undefined }> {
  const pgWaldump = await findWaldump({ major: base.postgresMajor, ...around });
  if (pgWaldump === undefined) {
    const blindness = `which transaction is the last kept and which the first lost is unknown: there is no pg_waldump of PostgreSQL ${base.postgresMajor} here`;
    return { position: undefined, blindness };
  }
  const stretch = stretchOf(base, archive);
  const segments = segmentsIn(stretch, firstSegmentOf(base), stretch.last, base.segmentBytes);
  await using reader = await openWalReader({ ...around, systemId: base.systemId, segments, segmentBytes: base.segmentBytes, pgWaldump });
  if (target.kind === 'latest') {
    const newest = await newestTransaction(segments.length, reader.endsOf);
    return { position: { lastKept: newest, firstLost: undefined }, blindness: undefined };
  }
  const position = await locateTransactions(segments.length, reader.endsOf, (end) => isPastTarget(target, end.at));
  return { position, blindness: undefined };
}

/** A manifest whose objects are gone is found now, not after an hour of extraction; their content is checked on the way. */
async function refuseMissingObjects(repository: Repository, manifest: BaseManifest, signal: AbortSignal): Promise<void> {
  for (const object of objectsOf(manifest)) {
    try {
      await verifyStored(repository, object, signal);
    } catch (error) {
      throw damaged(error, object.name);
    }
  }
}

function refuseTablespaces({ label, tablespaces }: BaseManifest): void {
  const outside = tablespaces.filter(({ oid }) => oid !== null);
  if (outside.length === 0) return;
  throw new OpsError('RESTORE_TABLESPACES_UNMAPPED', {
    message: `The base backup ${label} has ${outside.length} tablespace${outside.length === 1 ? '' : 's'} outside of the data directory`,
    detail: outside.map(({ oid, location }) => `${oid}: ${location}`).join('\n'),
    details: { label, tablespaces: outside.map(({ oid }) => oid) },
  });
}

async function requirePrograms(major: number, { binDir, env, signal }: RestoreSurroundings): Promise<PostgresPrograms> {
  try {
    return await findPostgresPrograms({ binDir, major, env, signal, needs: ['postgres'] });
  } catch (error) {
    if (!isOpsError(error, 'SERVER_PROGRAMS_MISSING')) throw error;
    throw new OpsError('RESTORE_PROGRAMS_MISSING', {
      message: `The backup is of PostgreSQL ${major}, and there is no server of that version here`,
      detail: error.message,
      details: { major },
      cause: error,
    });
  }
}

function diskTooSmall(dataDir: string, sizeBytes: number, freeBytes: number): OpsError {
  return new OpsError('RESTORE_DISK_TOO_SMALL', {
    message: `The files need ${formatBytes(sizeBytes)}, and ${formatBytes(freeBytes)} are free at ${dataDir}`,
    details: { dataDir, sizeBytes, freeBytes },
  });
}
