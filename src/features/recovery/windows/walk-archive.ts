import type { BaseFacts } from './base-facts.ts';
import type { Stretch } from './stretches.ts';
import { liesOnPath, type TimelineSection } from './timeline-path.ts';

/** All that is known of one system's WAL, along the way to its newest timeline. */
export interface SystemArchive {
  systemId: string;
  segmentBytes: number;
  path: readonly TimelineSection[];
  stretches: readonly Stretch[];
}

export function newestTimelineOf(archive: SystemArchive): number {
  return archive.path.at(-1)?.timeline ?? 1;
}

/** Base backups that recovery along the archive's way can begin with, oldest first. */
export function usableBases(archive: SystemArchive, bases: readonly BaseFacts[]): BaseFacts[] {
  return bases
    .filter((base) => base.systemId === archive.systemId && liesOnPath(archive.path, base.timeline, base.stopLsn))
    .sort((a, b) => (a.stoppedAt < b.stoppedAt ? -1 : 1));
}
