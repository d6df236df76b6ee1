import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { isOpsError, messageOf, OpsError } from '#kernel/errors';
import type { ExitName } from '#kernel/exit-codes';
import { stateDir } from '#operations/state-dir';
import { writeFileAtomic } from '#platform/atomic-file';
import { stopReason } from './stop.ts';

interface FailureSurroundings {
  env: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
  isRoot: boolean;
  argv: readonly string[];
  version: string;
}

/**
 * Anything that was thrown as a catalogued error with its exit. What the signal or the deadline caused is told as that, whatever
 * layer noticed it first; what nobody foresaw gets a report file.
 */
export async function toOpsError(
  thrown: unknown,
  surroundings: FailureSurroundings,
  runId: string,
): Promise<{ error: OpsError; exit: ExitName }> {
  const stop = stopReason(surroundings.signal) ?? stopReason(thrown);
  if (stop) return { error: stop.error, exit: stop.exit };
  if (isOpsError(thrown)) return { error: thrown, exit: thrown.exit };
  const report = await writeReport(thrown, surroundings, runId);
  const error = new OpsError('UNEXPECTED', {
    message: messageOf(thrown),
    detail: report === undefined ? (thrown instanceof Error ? thrown.stack : undefined) : `report: ${report}`,
    cause: thrown,
  });
  return { error, exit: 'failed' };
}

/** No arguments but the command's words: values may be names that do not belong in a report. */
async function writeReport(thrown: unknown, surroundings: FailureSurroundings, runId: string): Promise<string | undefined> {
  const directory = join(stateDir(surroundings.env, surroundings.isRoot), 'reports');
  const path = join(directory, `${runId}.txt`);
  const words = surroundings.argv.filter((word) => /^(--)?[a-z][a-z-]*$/.test(word)).join(' ');
  const stack = thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown);
  const text = [
    `copilot-db ${surroundings.version}, node ${process.version}, ${process.platform}`,
    `run ${runId}`,
    `command ${words}`,
    '',
    stack,
    '',
  ];
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await writeFileAtomic(path, text.join('\n'), { mode: 0o600 });
    return path;
  } catch {
    return undefined;
  }
}
