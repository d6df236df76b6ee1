import { OpsError } from '#kernel/errors';
import { parseLsn } from '#kernel/lsn';
import { segmentName } from '#kernel/wal-file';
import { type BaseFacts, firstSegmentNameOf, firstSegmentOf, stopSegmentOf } from '../windows/base-facts.ts';
import type { TransactionEnd } from '../windows/commit-times.ts';
import { type Stretch, segmentsIn } from '../windows/stretches.ts';
import { newestTimelineOf, type SystemArchive, usableBases } from '../windows/walk-archive.ts';
import { gapsBetween } from '../windows/windows.ts';
import { describeTarget, type RestoreTarget } from './restore-target.ts';

/** Where the target lies in the WAL, read from the commit records. */
export interface TargetPosition {
  lastKept: TransactionEnd | undefined;
  /** The first transaction that recovery leaves out; undefined when the stretch ends before the target. */
  firstLost: TransactionEnd | undefined;
}

export interface RequiredWal {
  first: string;
  last: string;
  count: number;
  /** True when `last` is known to end the recovery; false when it is only the newest that is there. */
  isEndKnown: boolean;
}

export interface WalQuestion {
  base: BaseFacts;
  archive: SystemArchive;
  /** All of the repository: a later one proves that a target lies before it. */
  bases: readonly BaseFacts[];
  target: RestoreTarget;
  /** undefined when nobody could read the commit times. */
  position: TargetPosition | undefined;
}

/** The stretch that a base backup begins in, whole up to its stop. @throws RESTORE_WAL_MISSING */
export function stretchOf(base: BaseFacts, archive: SystemArchive): Stretch {
  const stretch = archive.stretches.find((it) => it.first <= firstSegmentOf(base) && firstSegmentOf(base) <= it.last);
  if (!stretch) throw missing(firstSegmentNameOf(base), `The base backup ${base.label} begins with it`);
  if (stretch.last < stopSegmentOf(base)) {
    throw missing(
      segmentName(base.timeline, stretch.last + 1n, base.segmentBytes),
      `The files of ${base.label} are not consistent without it`,
    );
  }
  return stretch;
}

/**
 * The segments that recovery needs, every one of them seen in the list. A hole is an error unless the target is known to lie
 * before it: recovery would stop there anyway, but after an hour instead of now.
 * @throws RESTORE_WAL_MISSING, RESTORE_TARGET_BEYOND_ARCHIVE
 */
export function requiredWal(question: WalQuestion): RequiredWal {
  const { base, archive, position } = question;
  const stretch = stretchOf(base, archive);
  const first = firstSegmentOf(base);
  if (position?.firstLost) {
    const lostIn = parseLsn(position.firstLost.lsn) / BigInt(base.segmentBytes);
    // The record may continue in the next segment; when that is there, recovery asks for it.
    return describe(stretch, first, lostIn, base.segmentBytes, true);
  }
  const gap = gapAfter(stretch, archive);
  if (gap !== undefined && !liesBeforeGap(question, stretch)) {
    throw missing(gap, hole(question), { reachableWithout: stretchEnd(stretch, base.segmentBytes) });
  }
  if (gap === undefined && position !== undefined && question.target.kind === 'time') throw beyond(question, position);
  return describe(stretch, first, stretch.last, base.segmentBytes, false);
}

/** A later base backup proves that what was committed before its start lies in the WAL before its start. */
function liesBeforeGap({ archive, bases, target, position }: WalQuestion, stretch: Stretch): boolean {
  if (position !== undefined || target.kind === 'latest') return false;
  return usableBases(archive, bases).some((base) => base.startedAt > target.at && firstSegmentOf(base) <= stretch.last);
}

function describe(stretch: Stretch, first: bigint, last: bigint, segmentBytes: number, isEndKnown: boolean): RequiredWal {
  return {
    first: segmentsIn(stretch, first, first, segmentBytes)[0] as string,
    last: segmentsIn(stretch, last, last, segmentBytes)[0] as string,
    count: Number(last - first) + 1,
    isEndKnown,
  };
}

function gapAfter(stretch: Stretch, archive: SystemArchive): string | undefined {
  const index = archive.stretches.indexOf(stretch);
  return gapsBetween(archive.stretches, archive.segmentBytes)[index]?.firstMissing;
}

function stretchEnd(stretch: Stretch, segmentBytes: number): string {
  return segmentsIn(stretch, stretch.last, stretch.last, segmentBytes)[0] as string;
}

function hole({ target, position }: WalQuestion): string {
  if (target.kind === 'latest') return 'Later segments are there, so recovery would stop in the middle of the archive';
  return position === undefined
    ? 'Whether the target lies before it cannot be told without pg_waldump of the same major version'
    : 'The target lies behind it';
}

function missing(segment: string, detail: string, more: Readonly<Record<string, string>> = {}): OpsError {
  return new OpsError('RESTORE_WAL_MISSING', {
    message: `The segment ${segment} is missing in the repository`,
    detail,
    details: { segment, ...more },
  });
}

function beyond({ target, archive }: WalQuestion, { lastKept }: TargetPosition): OpsError {
  const newest = lastKept?.at;
  return new OpsError('RESTORE_TARGET_BEYOND_ARCHIVE', {
    message: `The archive does not reach ${describeTarget(target)}`,
    detail:
      newest === undefined
        ? `Timeline ${newestTimelineOf(archive)} holds no transaction after the base backup`
        : `The newest transaction in it ended at ${newest}, and PostgreSQL can only stop before a transaction that it sees`,
    nextSteps: [
      '`copilot-db restore pitr --latest --data-dir DIR` restores all that is archived',
      'Where the old server still runs, `SELECT pg_switch_wal()` sends its newest segment to the archive; then try again',
      ...(newest === undefined ? [] : [`A target before \`${newest}\` can be reached`]),
    ],
    details: { ...(newest === undefined ? {} : { newest }), ...(target.kind === 'time' ? { target: target.at } : {}) },
  });
}
