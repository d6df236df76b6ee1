import { type Lsn, parseLsn } from '#kernel/lsn';
import type { TargetAction } from './recovery-settings.ts';
import type { RecoveryState } from './recovery-state.ts';
import { isPastTarget, type RestoreTarget } from './restore-target.ts';

export interface Evidence {
  target: RestoreTarget;
  action: TargetAction;
  state: RecoveryState;
  /** The last line of the new timeline's history; undefined while there is none. */
  end: { lsn: Lsn; reason: string } | undefined;
  /** Where the newest archived segment began before the server was started. */
  newestSegmentStart: Lsn;
}

/**
 * undefined when the recovery is proven, else what speaks against it. PostgreSQL takes damaged WAL for the end of WAL when it has no
 * target, so the end has to lie in the newest segment; with a target the history has to say that it stopped before a transaction.
 */
export function doubtAbout({ target, action, state, end, newestSegmentStart }: Evidence): string | undefined {
  if (target.kind === 'time' && state.replayedAt !== null && isPastTarget(target, state.replayedAt)) {
    return `it replayed a transaction of ${state.replayedAt}, which is past the target`;
  }
  if (state.isInRecovery) {
    return state.isPaused && action === 'pause' && target.kind === 'time' ? undefined : 'it is still in recovery';
  }
  if (end === undefined) return `the history of timeline ${state.timeline} is not there`;
  if (target.kind === 'time') return end.reason.startsWith('before ') ? undefined : `it ended for another reason: ${end.reason}`;
  if (parseLsn(end.lsn) >= parseLsn(newestSegmentStart)) return undefined;
  return `it ended at ${end.lsn}, before the newest segment of the archive, which begins at ${newestSegmentStart}: WAL in between is damaged`;
}
