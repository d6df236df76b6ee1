import type { Moment } from '#kernel/time';
import { segmentName } from '#kernel/wal-file';
import { type BaseFacts, firstSegmentOf, stopSegmentOf } from './base-facts.ts';
import type { Stretch } from './stretches.ts';
import { liesOnPath, type TimelineSection } from './timeline-path.ts';

/** A range of times that can be restored: strictly after `from`, up to `to`. */
export interface Window {
  systemId: string;
  /** The newest timeline of the way. */
  timeline: number;
  from: Moment;
  to: Moment;
  /** False when nobody could read the commit times: the end is then at least `to`. */
  isEndExact: boolean;
  /** Oldest first. */
  bases: readonly string[];
  firstSegment: string;
  lastSegment: string;
}

/** Segments that are missing between two windows. */
export interface Gap {
  firstMissing: string;
  lastMissing: string;
  count: number;
}

export interface RestorableRange {
  windows: readonly Window[];
  gaps: readonly Gap[];
  /** Base backups that no window can use: their WAL is not whole, or they lie off the way to the newest timeline. */
  stranded: readonly string[];
}

export interface WindowsInput {
  systemId: string;
  segmentBytes: number;
  path: readonly TimelineSection[];
  stretches: readonly Stretch[];
  /** Of this system only; those off the path are left out. */
  bases: readonly BaseFacts[];
  /** Newest commit in a stretch, by its number; absent when it is not known. */
  ends: ReadonlyMap<number, Moment>;
}

/** Base backups whose files and WAL lie whole within a stretch, oldest first. */
export function basesIn(stretch: Stretch, path: readonly TimelineSection[], bases: readonly BaseFacts[]): BaseFacts[] {
  return bases
    .filter((base) => liesOnPath(path, base.timeline, base.stopLsn))
    .filter((base) => firstSegmentOf(base) >= stretch.first && stopSegmentOf(base) <= stretch.last)
    .sort((a, b) => (a.stoppedAt < b.stoppedAt ? -1 : 1));
}

/** Which times can be restored: each stretch of WAL gives one window, from the end of its oldest base backup. */
export function windowsOf(input: WindowsInput): RestorableRange {
  const windows = input.stretches.flatMap((stretch, index): Window[] => {
    const bases = basesIn(stretch, input.path, input.bases);
    const oldest = bases[0];
    const newest = bases.at(-1);
    if (!oldest || !newest) return [];
    const known = input.ends.get(index);
    const first = firstSegmentOf(oldest);
    return [
      {
        systemId: input.systemId,
        timeline: input.path.at(-1)?.timeline ?? oldest.timeline,
        from: oldest.stoppedAt,
        // An idle server commits nothing after its backup; the window then ends where the backup does.
        to: known !== undefined && known > newest.stoppedAt ? known : newest.stoppedAt,
        isEndExact: known !== undefined,
        bases: bases.map((base) => base.label),
        firstSegment: segmentName(oldest.timeline, first, input.segmentBytes),
        lastSegment: nameAt(stretch, stretch.last, input.segmentBytes),
      },
    ];
  });
  const used = new Set(windows.flatMap((window) => window.bases));
  return {
    windows,
    gaps: gapsBetween(input.stretches, input.segmentBytes),
    stranded: input.bases.map((base) => base.label).filter((label) => !used.has(label)),
  };
}

/** The segments that are missing between stretches, named after the timeline that should have archived them. */
export function gapsBetween(stretches: readonly Stretch[], segmentBytes: number): Gap[] {
  return stretches.slice(1).map((stretch, index) => {
    const before = stretches[index] as Stretch;
    const timeline = stretch.runs[0]?.timeline ?? 1;
    return {
      firstMissing: segmentName(timeline, before.last + 1n, segmentBytes),
      lastMissing: segmentName(timeline, stretch.first - 1n, segmentBytes),
      count: Number(stretch.first - before.last - 1n),
    };
  });
}

function nameAt(stretch: Stretch, number: bigint, segmentBytes: number): string {
  const run = stretch.runs.find((it) => it.first <= number && number <= it.last);
  return segmentName(run?.timeline ?? 1, number, segmentBytes);
}
