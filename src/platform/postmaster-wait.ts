import { setTimeout as sleep } from 'node:timers/promises';
import { OpsError } from '#kernel/errors';
import { logTail } from './log-tail.ts';
import { type Postmaster, runningPostmaster } from './postmaster.ts';

export type Readiness = 'ready' | 'accepting';

/**
 * Polls postmaster.pid until the server lets clients in: `ready` means out of recovery, `accepting` also a standby.
 * @throws SERVER_START_FAILED when it ends before, SERVER_START_TIMEOUT, the signal's reason
 */
export async function waitForPostmaster(
  dataDir: string,
  wait: { until: Readiness; hasEnded: () => boolean; logPath: string; timeoutMs: number; signal: AbortSignal },
): Promise<Postmaster> {
  const deadline = Date.now() + wait.timeoutMs;
  while (true) {
    const ended = wait.hasEnded();
    const postmaster = await runningPostmaster(dataDir);
    if (postmaster?.state === 'ready' || (postmaster?.state === 'standby' && wait.until === 'accepting')) return postmaster;
    if (ended) {
      throw new OpsError('SERVER_START_FAILED', {
        message: `PostgreSQL ended while starting on ${dataDir}`,
        detail: await logTail(wait.logPath),
        details: { dataDir, logPath: wait.logPath },
      });
    }
    if (Date.now() >= deadline) {
      throw new OpsError('SERVER_START_TIMEOUT', {
        message: `PostgreSQL on ${dataDir} was not ready after ${wait.timeoutMs} ms`,
        detail: await logTail(wait.logPath),
        details: { dataDir, logPath: wait.logPath, state: postmaster?.state },
      });
    }
    await sleep(25);
    wait.signal.throwIfAborted();
  }
}
