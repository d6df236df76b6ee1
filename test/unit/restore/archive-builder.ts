import type { BaseFacts } from '#features/recovery/windows/base-facts';
import { runsOf, stretchesAlong } from '#features/recovery/windows/stretches';
import { pathTo, type TimelineSwitch } from '#features/recovery/windows/timeline-path';
import type { SystemArchive } from '#features/recovery/windows/walk-archive';
import { formatLsn } from '#kernel/lsn';
import { segmentName } from '#kernel/wal-file';

export const segmentBytes = 16 * 1024 * 1024;
export const systemId = '7431000000000000001';

/** LSN of a byte in segment `number`. */
export function lsnIn(number: number, offset = 40): string {
  return formatLsn(BigInt(number) * BigInt(segmentBytes) + BigInt(offset));
}

export function name(timeline: number, number: number): string {
  return segmentName(timeline, BigInt(number), segmentBytes);
}

export function range(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}

/** A base backup within segments first..last; `minute` is its start, it takes one minute. */
export function makeBase(label: string, at: { first: number; last?: number; minute: number; timeline?: number }): BaseFacts {
  return {
    label,
    systemId,
    timeline: at.timeline ?? 1,
    startLsn: lsnIn(at.first),
    stopLsn: lsnIn(at.last ?? at.first, 400),
    startedAt: minute(at.minute),
    stoppedAt: minute(at.minute + 1),
    postgresMajor: 15,
    segmentBytes,
  };
}

export function minute(number: number): string {
  return `${new Date(Date.UTC(2026, 10, 23, 0, number)).toISOString().slice(0, -1)}000Z`;
}

export function makeArchive(segments: Readonly<Record<number, readonly number[]>>, history: readonly TimelineSwitch[] = []): SystemArchive {
  const timelines = Object.keys(segments).map(Number);
  const newest = Math.max(...timelines);
  const path = pathTo(newest, history);
  const runs = new Map(
    timelines.map((timeline) => [
      timeline,
      runsOf(
        timeline,
        (segments[timeline] ?? []).map((number) => name(timeline, number)),
        segmentBytes,
      ),
    ]),
  );
  return { systemId, segmentBytes, path, stretches: stretchesAlong(path, runs, segmentBytes) };
}
