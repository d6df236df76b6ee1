import { migrationFailure } from './migration-failure.ts';
import type { MigrationRun, MigrationWork } from './migration-work.ts';
import { claimVersion, completeDown, completeUp, recordStarted, releaseVersion } from './record.ts';
import { beginMigration } from './session.ts';
import type { Statement } from './split-statements.ts';

/**
 * All statements and the history row in one transaction: killed anywhere, either all of it is there or nothing.
 * @returns how long it took in milliseconds
 * @throws MIGRATION_FAILED, MIGRATION_BLOCKED, MIGRATION_HISTORY_MOVED, POSTGRES_*
 */
export async function runInTransaction(run: MigrationRun, work: MigrationWork): Promise<number> {
  const { main, limits, runId } = run;
  const startedMs = performance.now();
  // Side by side: that somebody tried costs no round trip.
  await Promise.all([recordStarted(run, work), beginMigration(main, limits)]);
  let current: Statement | undefined = work.script.statements[0];
  try {
    await (work.direction === 'up' ? claimVersion(main, work, true) : releaseVersion(main, work));
    for (current of work.script.statements) await main.query(current.text);
    current = undefined;
    // A script may have taken on another role, which need not have a right to the history.
    await main.query('reset session authorization; reset role');
    const durationMs = await complete(run, work, startedMs);
    await main.query('commit');
    return durationMs;
  } catch (error) {
    // A broken session has rolled back by itself.
    await main.query('rollback').catch(() => undefined);
    throw migrationFailure(error, work, current);
  }

  async function complete({ main: client }: MigrationRun, what: MigrationWork, sinceMs: number): Promise<number> {
    if (what.direction === 'up') return completeUp(client, runId, what);
    const durationMs = Math.round(performance.now() - sinceMs);
    await completeDown(client, runId, what, durationMs);
    return durationMs;
  }
}
