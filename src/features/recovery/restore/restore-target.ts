import type { Moment } from '#kernel/time';

/** What a restore aims at. */
export type RestoreTarget =
  | { kind: 'latest' }
  /** Everything committed up to `at`; `exclusive` leaves out what was committed at that very microsecond. */
  | { kind: 'time'; at: Moment; exclusive: boolean };

/** Whether PostgreSQL stops before a transaction that ended at `endedAt` (recoveryStopsBefore in xlogrecovery.c). */
export function isPastTarget(target: RestoreTarget, endedAt: Moment): boolean {
  if (target.kind === 'latest') return false;
  return target.exclusive ? endedAt >= target.at : endedAt > target.at;
}

export function describeTarget(target: RestoreTarget): string {
  if (target.kind === 'latest') return 'the end of the archive';
  return target.exclusive ? `just before ${target.at}` : target.at;
}
