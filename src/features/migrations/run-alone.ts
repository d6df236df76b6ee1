import { isOpsError, OpsError } from '#kernel/errors';
import { beginsWith, isConcurrentIndex } from './classify.ts';
import { type ConcurrentIndex, clearInvalidIndex, concurrentIndexOf, findIndex } from './concurrent-index.ts';
import { versionLabel } from './file-name.ts';
import { migrationFailure } from './migration-failure.ts';
import type { MigrationRun, MigrationWork } from './migration-work.ts';
import { claimVersion, completeDown, completeUp, markIncomplete, recordStarted, releaseVersion } from './record.ts';
import { openForStandalone } from './session.ts';
import type { Statement } from './split-statements.ts';

/**
 * One statement outside of any transaction. The history says "begun" (success = false) before it starts and "done" after it ended;
 * between the two the version is incomplete, and the next run does it again after looking at what is there.
 * @returns how long it took in milliseconds
 * @throws MIGRATION_FAILED, MIGRATION_INDEX_INVALID, MIGRATION_HISTORY_MOVED, POSTGRES_*
 */
export async function runAlone(run: MigrationRun, work: MigrationWork): Promise<number> {
  const { main, recorder, runId } = run;
  const statement = work.script.statements[0] as Statement;
  const startedMs = performance.now();
  await recordStarted(run, work);
  await (work.direction === 'up' ? claimVersion(recorder, work, false) : markIncomplete(recorder, work));
  await openForStandalone(main);
  const index = isConcurrentIndex(statement) ? concurrentIndexOf(statement) : undefined;
  await (index === undefined ? runStatement(run, work, statement) : buildIndex(run, work, statement, index));
  const durationMs = Math.round(performance.now() - startedMs);
  await main.query('begin');
  if (work.direction === 'up') await completeUp(main, runId, work, durationMs);
  else {
    await releaseVersion(main, work);
    await completeDown(main, runId, work, durationMs);
  }
  await main.query('commit');
  return durationMs;
}

async function runStatement({ main }: MigrationRun, work: MigrationWork, statement: Statement): Promise<void> {
  try {
    await main.query(statement.text);
  } catch (error) {
    // The attempt before may have dropped it and died before it could say so.
    const isGone = isOpsError(error) && error.details.sqlState === '42704' && beginsWith(statement, 'DROP INDEX CONCURRENTLY');
    if (!(work.rerun && isGone)) throw migrationFailure(error, work, statement);
  }
}

async function buildIndex(run: MigrationRun, work: MigrationWork, statement: Statement, index: ConcurrentIndex): Promise<void> {
  const there = await clearInvalidIndex(run, index);
  // The attempt before finished the build and died before it could say so.
  if (work.rerun && there?.isValid && there.isOnTable) return;
  try {
    await run.main.query(statement.text);
  } catch (error) {
    run.signal.throwIfAborted();
    const left = isOpsError(error, 'POSTGRES_CONNECTION_LOST') ? undefined : await findIndex(run.main, index);
    const isOurs = left?.isOnTable && !left.isValid;
    throw migrationFailure(error, work, statement, isOurs ? 'MIGRATION_INDEX_INVALID' : undefined);
  }
  // IF NOT EXISTS is content with any relation of that name.
  const built = await findIndex(run.main, index);
  if (built?.isValid && built.isOnTable) return;
  throw new OpsError('MIGRATION_INDEX_INVALID', {
    message: `${versionLabel(work.version)}_${work.name} ran, but there is no valid index ${index.name} on ${index.table}`,
    detail:
      built === undefined
        ? 'The name belongs to something else.'
        : `${built.qualifiedName} is ${built.isValid ? 'on another table' : 'invalid'}.`,
    details: { version: work.version, index: index.name, table: index.table },
  });
}
