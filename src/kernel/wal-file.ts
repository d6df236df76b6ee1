import { type Lsn, parseLsn } from './lsn.ts';

/** PostgreSQL's default `wal_segment_size`. */
export const defaultSegmentBytes = 16 * 1024 * 1024;

/** The files PostgreSQL hands to archive_command, told apart by their names alone. */
export type WalFile =
  | { kind: 'segment' | 'partial'; name: string; timeline: number; segment: string }
  | { kind: 'backup'; name: string; timeline: number; segment: string }
  | { kind: 'history'; name: string; timeline: number };

/** undefined when PostgreSQL would never name a WAL file so. */
export function parseWalFile(name: string): WalFile | undefined {
  const history = /^([0-9A-F]{8})\.history$/.exec(name);
  if (history) return { kind: 'history', name, timeline: Number.parseInt(history[1] as string, 16) };
  const file = /^([0-9A-F]{8})([0-9A-F]{16})(\.partial|\.[0-9A-F]{8}\.backup)?$/.exec(name);
  if (!file) return undefined;
  const timeline = Number.parseInt(file[1] as string, 16);
  const segment = name.slice(0, 24);
  const kind = file[3] === undefined ? 'segment' : file[3] === '.partial' ? 'partial' : 'backup';
  return { kind, name, timeline, segment };
}

/** The name of the segment that holds the byte at `lsn`. */
export function segmentOf(timeline: number, lsn: Lsn, segmentBytes: number = defaultSegmentBytes): string {
  return segmentName(timeline, parseLsn(lsn) / BigInt(segmentBytes), segmentBytes);
}

/** The running number of a segment within its cluster's WAL; it goes on over timelines. */
export function segmentNumber(segment: string, segmentBytes: number = defaultSegmentBytes): bigint {
  const perLog = 0x1_0000_0000n / BigInt(segmentBytes);
  return BigInt(`0x${segment.slice(8, 16)}`) * perLog + BigInt(`0x${segment.slice(16, 24)}`);
}

export function segmentName(timeline: number, number: bigint, segmentBytes: number = defaultSegmentBytes): string {
  const perLog = 0x1_0000_0000n / BigInt(segmentBytes);
  return timelineHex(timeline) + hex8(number / perLog) + hex8(number % perLog);
}

/** The eight hex digits PostgreSQL writes for a timeline. */
export function timelineHex(timeline: number): string {
  return hex8(BigInt(timeline));
}

function hex8(value: bigint): string {
  return value.toString(16).toUpperCase().padStart(8, '0');
}
