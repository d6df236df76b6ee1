import { setTimeout as sleep } from 'node:timers/promises';
import { compareLsn, formatLsn, type Lsn, parseLsn } from '#kernel/lsn';
import { segmentName, segmentNumber, segmentOf } from '#kernel/wal-file';
import { suffixOf } from '#repository/codec';
import { parseWalKey, walTimelineFolder } from '#repository/layout';
import type { Repository } from '#repository/open';

const firstPollMs = 100;
const longestPollMs = 2000;

export interface WalRange {
  timeline: number;
  segmentBytes: number;
  startLsn: Lsn;
  stopLsn: Lsn;
}

/** Every segment that holds a byte of [start, stop): what a recovery from this backup replays first. */
export function segmentsOf({ timeline, startLsn, stopLsn, segmentBytes }: WalRange): readonly string[] {
  const last = compareLsn(stopLsn, startLsn) > 0 ? formatLsn(parseLsn(stopLsn) - 1n) : startLsn;
  const from = segmentNumber(segmentOf(timeline, startLsn, segmentBytes), segmentBytes);
  const to = segmentNumber(segmentOf(timeline, last, segmentBytes), segmentBytes);
  const names: string[] = [];
  for (let number = from; number <= to; number++) names.push(segmentName(timeline, number, segmentBytes));
  return names;
}

/**
 * Waits until the repository itself lists all `segments`; what the server believes to have archived is not asked.
 * @returns those still missing when the deadline passed
 */
export async function awaitSegments(
  repository: Repository,
  segments: readonly string[],
  options: { systemId: string; deadlineMs: number; signal: AbortSignal; onWait?: (missing: readonly string[]) => void },
): Promise<readonly string[]> {
  const until = performance.now() + options.deadlineMs;
  let missing = segments;
  for (let pollMs = firstPollMs; ; pollMs = Math.min(pollMs * 1.5, longestPollMs)) {
    missing = await findMissing(repository, missing, options);
    if (missing.length === 0 || performance.now() >= until) return missing;
    options.onWait?.(missing);
    await sleep(Math.min(pollMs, Math.max(1, until - performance.now())), undefined, { signal: options.signal });
  }
}

async function findMissing(
  repository: Repository,
  segments: readonly string[],
  options: { systemId: string; signal: AbortSignal },
): Promise<readonly string[]> {
  const [first] = segments;
  const last = segments.at(-1);
  if (first === undefined || last === undefined) return [];
  const missing = new Set(segments);
  const suffix = suffixOf(repository.codec);
  const folder = walTimelineFolder(options.systemId, Number.parseInt(first.slice(0, 8), 16));
  // A key is the segment's name and a suffix, so it sorts after the bare name.
  for await (const { key } of repository.store.list(folder, { startAfter: `${folder}${first}`, signal: options.signal })) {
    const file = parseWalKey(key, suffix)?.file;
    if (file?.kind === 'segment') missing.delete(file.name);
    if (missing.size === 0 || key > `${folder}${last}${suffix}`) break;
  }
  return [...missing];
}
