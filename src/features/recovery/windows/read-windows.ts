import type { Reporter } from '#kernel/events';
import type { Moment } from '#kernel/time';
import type { Repository } from '#repository/open';
import { type BaseFacts, firstSegmentOf } from './base-facts.ts';
import { findWaldump } from './find-waldump.ts';
import { newestTransaction } from './locate-transactions.ts';
import { readArchives } from './read-archive.ts';
import { readBases } from './read-bases.ts';
import { segmentsIn } from './stretches.ts';
import { openWalReader } from './wal-reader.ts';
import type { SystemArchive } from './walk-archive.ts';
import { basesIn, type RestorableRange, windowsOf } from './windows.ts';

export interface ReadWindowsOptions {
  /** `postgres.bin_dir`. */
  binDir?: string | undefined;
  temporaryRoot: string;
  env: Readonly<Record<string, string | undefined>>;
  reporter: Reporter;
  signal: AbortSignal;
}

export interface SystemWindows extends RestorableRange {
  systemId: string;
  /** When each base backup stopped, by label; for the picture. */
  baseTimes: ReadonlyMap<string, Moment>;
}

/** What can be restored from a repository, one entry for each database system. Reads only. @throws OBJECT_*, RESTORE_WAL_MISSING */
export async function readWindows(repository: Repository, options: ReadWindowsOptions): Promise<SystemWindows[]> {
  const bases = await readBases(repository, options);
  const archives = await readArchives(repository, bases, options);
  const systems: SystemWindows[] = [];
  for (const archive of archives) {
    const own = bases.filter((base) => base.systemId === archive.systemId);
    const ends = await readEnds(repository, archive, own, options);
    const baseTimes = new Map(own.map((base) => [base.label, base.stoppedAt]));
    systems.push({ systemId: archive.systemId, baseTimes, ...windowsOf({ ...archive, bases: own, ends }) });
  }
  return systems;
}

/** The newest transaction of each stretch that a base backup lies in; none where the right pg_waldump is missing. */
async function readEnds(
  repository: Repository,
  archive: SystemArchive,
  bases: readonly BaseFacts[],
  options: ReadWindowsOptions,
): Promise<Map<number, Moment>> {
  const ends = new Map<number, Moment>();
  for (const [index, stretch] of archive.stretches.entries()) {
    const oldest = basesIn(stretch, archive.path, bases)[0];
    const pgWaldump = oldest && (await findWaldump({ major: oldest.postgresMajor, ...options }));
    if (oldest === undefined || pgWaldump === undefined) continue;
    const segments = segmentsIn(stretch, firstSegmentOf(oldest), stretch.last, archive.segmentBytes);
    await using reader = await openWalReader({ repository, ...archive, segments, pgWaldump, ...options });
    const newest = await newestTransaction(segments.length, reader.endsOf);
    if (newest) ends.set(index, newest.at);
  }
  return ends;
}
