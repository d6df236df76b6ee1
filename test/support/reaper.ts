import { rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { killProcesses, type ProcessEntry, processesUnder } from '../../scripts/test/processes.mjs';
import { removeDebianClusters } from '../../scripts/test/test-root.mjs';
import { run } from './run.ts';
import { usedFileDirectory } from './test-root.ts';

const cleanups: (() => Promise<unknown> | unknown)[] = [];

/** Registers what has to happen when this test file ends, whatever its outcome. Last in, first out. */
export function atFileEnd(cleanup: () => Promise<unknown> | unknown): void {
  cleanups.push(cleanup);
}

async function waitUntilGone(directory: string, waitMs: number): Promise<readonly ProcessEntry[]> {
  const deadline = Date.now() + waitMs;
  let left = processesUnder(directory);
  while (left.length > 0 && Date.now() < deadline) {
    await sleep(100);
    left = processesUnder(directory);
  }
  return left;
}

/** Also what a test has closed to its own owner. */
async function removeTree(directory: string): Promise<void> {
  await rm(directory, { recursive: true, force: true, maxRetries: 5 }).catch(async () => {
    await run('chmod', ['-R', 'u+rwX', directory]);
    await rm(directory, { recursive: true, force: true, maxRetries: 5 });
  });
}

/**
 * Runs the clean-ups, then looks for processes of this file that nothing stopped: they are killed, and they are an error,
 * because what a test leaves running the tool would leave running too. When the whole run dies instead, the watchdog of
 * scripts/test/test-root.mjs does the killing.
 */
export async function reapFile(): Promise<void> {
  const problems: unknown[] = [];
  for (const cleanup of cleanups.splice(0).reverse()) {
    try {
      await cleanup();
    } catch (error) {
      problems.push(error);
    }
  }
  const directory = usedFileDirectory();
  if (directory !== undefined) {
    const left = await waitUntilGone(directory, 3_000);
    await killProcesses(left);
    removeDebianClusters(directory);
    await removeTree(directory);
    if (left.length > 0) {
      problems.push(
        new Error(
          `left running at the end of the file, now killed:\n${left.map((entry) => `  ${entry.pid} ${entry.commandLine}`).join('\n')}`,
        ),
      );
    }
  }
  if (problems.length > 0) throw problems.length === 1 ? problems[0] : new AggregateError(problems, 'cleaning up after the file failed');
}
