import { isOpsError, messageOf, OpsError } from '#kernel/errors';
import type { Json } from '#kernel/json';
import { versionLabel } from './file-name.ts';
import { ensureHistory } from './history.ts';
import type { MigrationRun, MigrationWork } from './migration-work.ts';
import { recordFailed } from './record.ts';
import { runAlone } from './run-alone.ts';
import { runInTransaction } from './run-in-transaction.ts';
import { openRecorder } from './session.ts';

export interface DoneMigration {
  version: number;
  name: string;
  durationMs: number;
}

/** Durable before it returns. */
export type StepJournal = (id: string, state: 'begin' | 'done', facts?: Json) => Promise<void>;

/**
 * Runs one after the other and stops at the first failure: those before it stay. The caller holds the lock.
 * @throws MIGRATION_*, POSTGRES_*
 */
export async function runMigrations(run: MigrationRun, works: readonly MigrationWork[], journal: StepJournal): Promise<DoneMigration[]> {
  if (works.length === 0) return [];
  await openRecorder(run.recorder, run.limits);
  await ensureHistory(run.recorder);
  run.main.onNotice((notice) => run.reporter.debug(`${notice.severity}: ${notice.message}`));
  const done: DoneMigration[] = [];
  for (const work of works) {
    run.signal.throwIfAborted();
    const label = versionLabel(work.version);
    run.reporter.progress({
      phase: work.direction,
      done: done.length,
      total: works.length,
      unit: 'items',
      detail: `${label}_${work.name}`,
    });
    await journal(label, 'begin');
    const durationMs = await runRecorded(run, work, done.length);
    await journal(label, 'done', { durationMs });
    done.push({ version: work.version, name: work.name, durationMs });
  }
  return done;
}

async function runRecorded(run: MigrationRun, work: MigrationWork, doneBefore: number): Promise<number> {
  try {
    return await (work.script.mode === 'transaction' ? runInTransaction(run, work) : runAlone(run, work));
  } catch (error) {
    // An aborted run has no sessions left to record with; its `started` event without an end tells.
    if (run.signal.aborted) throw error;
    const facts = isOpsError(error) ? error.details : {};
    await recordFailed(run, work, {
      message: messageOf(error),
      ...(typeof facts.sqlState === 'string' ? { sqlState: facts.sqlState } : {}),
      ...(typeof facts.line === 'number' ? { line: facts.line } : {}),
    }).catch((failure) => run.reporter.warn(`the failed attempt could not be recorded: ${messageOf(failure)}`));
    throw isOpsError(error) ? withDoneCount(error, doneBefore) : error;
  }
}

function withDoneCount(error: OpsError, doneBefore: number): OpsError {
  const { code, message, detail, nextSteps, details, retryable, cause } = error;
  const doneText =
    doneBefore === 0
      ? undefined
      : `${doneBefore} migration${doneBefore === 1 ? '' : 's'} before it stay${doneBefore === 1 ? 's' : ''} done.`;
  const text = [detail, doneText].filter((part) => part).join('\n');
  return new OpsError(code, {
    message,
    ...(text === '' ? {} : { detail: text }),
    nextSteps,
    details: { ...details, doneBefore },
    retryable,
    cause,
  });
}
