import type { Lsn } from '#kernel/lsn';
import { parseLsn } from '#kernel/lsn';
import type { Moment } from '#kernel/time';
import { segmentName } from '#kernel/wal-file';

/** What decides whether a base backup can serve a target. Read from its manifest. */
export interface BaseFacts {
  label: string;
  systemId: string;
  timeline: number;
  startLsn: Lsn;
  stopLsn: Lsn;
  /** By the server's clock. */
  startedAt: Moment;
  /** By the server's clock. Only what was committed after it can be a target. */
  stoppedAt: Moment;
  postgresMajor: number;
  segmentBytes: number;
}

/** Number of the segment that holds the first byte recovery reads. */
export function firstSegmentOf(base: BaseFacts): bigint {
  return parseLsn(base.startLsn) / BigInt(base.segmentBytes);
}

/** Number of the last segment without which the files are not consistent: the one of the last byte before the stop position. */
export function stopSegmentOf(base: BaseFacts): bigint {
  return (parseLsn(base.stopLsn) - 1n) / BigInt(base.segmentBytes);
}

export function firstSegmentNameOf(base: BaseFacts): string {
  return segmentName(base.timeline, firstSegmentOf(base), base.segmentBytes);
}
