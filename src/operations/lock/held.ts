import { OpsError } from '#kernel/errors';

/** A lock that is held; releasing twice does no harm. */
export interface HeldLock {
  release(): Promise<void>;
  /** Refuses when the lock was lost meanwhile; called before results are published. */
  assertHeld?(): Promise<void>;
}

/** Who holds a lock, as far as it can be known. */
export interface Holder {
  runId: string;
  host: string;
  pid?: number;
  purpose: string;
  since?: string;
}

export function lockHeld(what: string, holder: Holder): OpsError {
  const process = holder.pid === undefined ? '' : `, process ${holder.pid}`;
  return new OpsError('LOCK_HELD', {
    message: `${what} is held by run ${holder.runId} on ${holder.host}${process}`,
    detail: `it does: ${holder.purpose}${holder.since ? `, since ${holder.since}` : ''}`,
    nextSteps: ['Wait for it, for example with `--lock-wait 10m`', `\`copilot-db run show ${holder.runId}\` on ${holder.host}`],
    details: { ...holder },
    retryable: true,
  });
}
