import { setTimeout as sleep } from 'node:timers/promises';
import { OpsError } from '#kernel/errors';
import { runningPostmaster, runsOn } from './postmaster.ts';

const stopSignals = { smart: 'SIGTERM', fast: 'SIGINT', immediate: 'SIGQUIT' } as const;
export type StopMode = keyof typeof stopSignals;

/**
 * Stops the server of a data directory and waits until it is gone. @returns false when none ran
 * @throws SERVER_STOP_TIMEOUT, the signal's reason
 */
export async function stopPostgres(
  dataDir: string,
  { mode = 'fast', timeoutMs = 60_000, signal }: { mode?: StopMode; timeoutMs?: number; signal: AbortSignal },
): Promise<boolean> {
  const postmaster = await runningPostmaster(dataDir);
  if (postmaster === undefined) return false;
  const deadline = Date.now() + timeoutMs;
  process.kill(postmaster.pid, stopSignals[mode]);
  while (await runsOn(postmaster.pid, dataDir)) {
    if (Date.now() >= deadline) {
      throw new OpsError('SERVER_STOP_TIMEOUT', {
        message: `PostgreSQL on ${dataDir} (pid ${postmaster.pid}) still runs after ${timeoutMs} ms`,
        details: { dataDir, pid: postmaster.pid, mode },
      });
    }
    await sleep(20);
    signal.throwIfAborted();
  }
  return true;
}
