import { setTimeout as sleep } from 'node:timers/promises';
import { isOpsError } from '#kernel/errors';

const pollMs = 250;

/** Tries again while another run holds the lock, until the wait is over; the holder is named then. Polls, so that nothing queues up behind us. */
export async function waitForLock<Held>(attempt: () => Promise<Held>, options: { waitMs: number; signal: AbortSignal }): Promise<Held> {
  const giveUpAt = performance.now() + options.waitMs;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (!isOpsError(error, 'LOCK_HELD') || performance.now() + pollMs > giveUpAt) throw error;
    }
    await sleep(pollMs, undefined, { signal: options.signal });
  }
}
