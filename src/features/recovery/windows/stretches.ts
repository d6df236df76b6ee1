import { segmentName, segmentNumber } from '#kernel/wal-file';
import type { TimelineSection } from './timeline-path.ts';

/** Neighbouring segments of one timeline, by number, both ends included. */
export interface SegmentRun {
  timeline: number;
  first: bigint;
  last: bigint;
}

/** WAL without a hole: runs that follow each other, possibly across a switch of timelines. */
export interface Stretch {
  runs: readonly SegmentRun[];
  first: bigint;
  last: bigint;
}

/** Folds the names of one timeline's segments into runs. Any order, duplicates allowed. */
export function runsOf(timeline: number, segments: Iterable<string>, segmentBytes: number): SegmentRun[] {
  const numbers = [...new Set([...segments].map((name) => segmentNumber(name, segmentBytes)))].sort((a, b) => (a < b ? -1 : 1));
  const runs: SegmentRun[] = [];
  for (const number of numbers) {
    const open = runs.at(-1);
    if (open && open.last + 1n === number) open.last = number;
    else runs.push({ timeline, first: number, last: number });
  }
  return runs;
}

/**
 * The WAL that recovery along `path` would read, as stretches without holes. Each timeline answers for the segments from the one
 * in which it began; the segment of the switch itself may come from the parent only while the child has archived nothing.
 */
export function stretchesAlong(
  path: readonly TimelineSection[],
  runs: ReadonlyMap<number, readonly SegmentRun[]>,
  segmentBytes: number,
): Stretch[] {
  const bytes = BigInt(segmentBytes);
  const pieces = path.flatMap((section, index) => {
    const next = path[index + 1];
    const isNextEmpty = next !== undefined && (runs.get(next.timeline) ?? []).length === 0;
    const from = section.from / bytes;
    const until = section.until === undefined ? undefined : section.until / bytes - (isNextEmpty ? 0n : 1n);
    return (runs.get(section.timeline) ?? []).flatMap((run) => clip(run, from, until));
  });
  return join(pieces);
}

/** Names of the segments first..last of a stretch, as the archive holds them. */
export function segmentsIn(stretch: Stretch, first: bigint, last: bigint, segmentBytes: number): string[] {
  return stretch.runs.flatMap((run) => {
    const names: string[] = [];
    for (let number = max(run.first, first); number <= run.last && number <= last; number += 1n)
      names.push(segmentName(run.timeline, number, segmentBytes));
    return names;
  });
}

function clip(run: SegmentRun, from: bigint, until: bigint | undefined): SegmentRun[] {
  const first = max(run.first, from);
  const last = until !== undefined && until < run.last ? until : run.last;
  return first <= last ? [{ timeline: run.timeline, first, last }] : [];
}

function join(pieces: readonly SegmentRun[]): Stretch[] {
  const stretches: { runs: SegmentRun[]; first: bigint; last: bigint }[] = [];
  for (const piece of pieces) {
    const open = stretches.at(-1);
    if (open && open.last + 1n === piece.first) {
      open.runs.push(piece);
      open.last = piece.last;
    } else stretches.push({ runs: [piece], first: piece.first, last: piece.last });
  }
  return stretches;
}

function max(a: bigint, b: bigint): bigint {
  return a > b ? a : b;
}
