import { type Lsn, parseLsn } from '#kernel/lsn';

/** A line of a `.history` file: the timeline left behind, where, and why. */
export interface TimelineSwitch {
  parent: number;
  at: Lsn;
  reason: string;
}

/** The part of a timeline that lies on the way to the last one. Positions are in bytes of WAL. */
export interface TimelineSection {
  timeline: number;
  from: bigint;
  /** Where the next timeline takes over; undefined for the last. */
  until: bigint | undefined;
}

/** Reads what PostgreSQL writes when it begins a timeline. @throws RangeError when a line is not of that form */
export function parseHistory(text: string): TimelineSwitch[] {
  return text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const match = /^(\d+)\s+([0-9A-Fa-f]+\/[0-9A-Fa-f]+)\s*(.*)$/.exec(line);
      if (!match) throw new RangeError(`not a line of a timeline history: ${line}`);
      return { parent: Number(match[1]), at: match[2] as string, reason: (match[3] as string).trim() };
    });
}

/** The way to `timeline` through its ancestors, oldest first. A timeline without history (the first) is its own way. */
export function pathTo(timeline: number, history: readonly TimelineSwitch[]): TimelineSection[] {
  const switches = [...history].sort((a, b) => (parseLsn(a.at) < parseLsn(b.at) ? -1 : 1));
  const starts = [0n, ...switches.map((it) => parseLsn(it.at))];
  const timelines = [...switches.map((it) => it.parent), timeline];
  return timelines.map((number, index) => ({ timeline: number, from: starts[index] as bigint, until: starts[index + 1] }));
}

/**
 * The rule of PostgreSQL: a backup can be recovered along a way only when it ended on it, before the way left its timeline.
 * A backup that a stale primary took after the switch is on no way at all.
 */
export function liesOnPath(path: readonly TimelineSection[], timeline: number, stopLsn: Lsn): boolean {
  return path.some((section) => section.timeline === timeline && (section.until === undefined || parseLsn(stopLsn) <= section.until));
}
