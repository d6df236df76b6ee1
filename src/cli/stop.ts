import { OpsError } from '#kernel/errors';
import type { ExitName } from '#kernel/exit-codes';

/** Why a run was told to stop: the reason of its AbortSignal. */
export class Stop extends Error {
  readonly exit: ExitName;
  readonly error: OpsError;

  constructor(exit: 'hangup' | 'interrupted' | 'terminated' | 'deadline', detail?: string) {
    const error =
      exit === 'deadline'
        ? new OpsError('DEADLINE_PASSED', { message: `The time was over${detail ? `: ${detail}` : ''}` })
        : new OpsError('CANCELLED', { message: `Stopped by ${signalNames[exit]}` });
    super(error.message);
    this.name = 'Stop';
    this.exit = exit;
    this.error = error;
  }
}

const signalNames = { hangup: 'SIGHUP', interrupted: 'Ctrl-C', terminated: 'SIGTERM' } as const;

/** The Stop behind a signal or behind anything that was thrown because of one. */
export function stopReason(source: unknown): Stop | undefined {
  if (source instanceof Stop) return source;
  if (source instanceof AbortSignal) return source.aborted ? stopReason(source.reason) : undefined;
  return source instanceof Error && source.cause !== undefined ? stopReason(source.cause) : undefined;
}
