import { hostname } from 'node:os';
import { isOpsError, messageOf, OpsError } from '#kernel/errors';
import type { Reporter } from '#kernel/events';
import type { Json } from '#kernel/json';
import { type Danger, type Plan, planHash } from '#kernel/plan';
import type { Clock } from '#kernel/time';
import type { PostgresClient } from '#stores/postgres/connect';
import { type AuditEntry, appendAuditLine, insertAuditRow } from './audit.ts';
import { type Asker, type Consent, guard } from './guard.ts';
import { type OpenJournal, openJournal } from './journal.ts';
import type { HeldLock } from './lock/held.ts';

/** What a running change may use of its frame. */
export interface RunTools {
  step(id: string, state: 'begin' | 'done', facts?: Json): Promise<void>;
  /** Right before something is published: refuses when the lock was lost meanwhile. */
  assertLocked(): Promise<void>;
}

/** A changing command, seen from the frame: reads to plan, acts to execute. */
export interface Change<Result> {
  command: string;
  /** What it works on, for the audit line. */
  target: string;
  danger: Danger | undefined;
  plan(): Promise<Plan>;
  execute(plan: Plan, tools: RunTools): Promise<Result>;
  lock: (() => Promise<HeldLock>) | undefined;
}

export interface RunSettings {
  runId: string;
  actor: string;
  stateDirectory: string;
  clock: Clock;
  reporter: Reporter;
  consent: Consent;
  ask: Asker | undefined;
  /** Shows the plan before anything else happens. */
  show(plan: Plan, hash: string): void;
  /** The hash of a plan that was approved before; another one is refused. */
  expectedHash: string | undefined;
  /** undefined when PostgreSQL is not configured or cannot be reached. */
  auditClient(): Promise<PostgresClient | undefined>;
  /** What the operator is told about a failure: whatever a Ctrl-C broke is a Ctrl-C, also in the journal. */
  told(error: unknown): unknown;
}

/** plan → guard → lock → re-plan → journal → execute → audit. The only way in which anything is changed. */
export async function runChange<Result>(change: Change<Result>, settings: RunSettings): Promise<Result> {
  let hash: string | null = null;
  let outcome: AuditEntry['outcome'] = 'refused';
  try {
    const plan = await change.plan();
    hash = planHash(change.command, plan);
    settings.show(plan, hash);
    if (settings.expectedHash !== undefined && settings.expectedHash !== hash) throw planMoved('The plan file');
    await guard(plan, change.danger, settings.consent, settings.ask);
    await using lock = await holdLock(change.lock, settings.reporter);
    const fresh = lock.isHeld ? await change.plan() : plan;
    if (planHash(change.command, fresh) !== hash) throw planMoved('The plan that was shown');
    outcome = 'failed';
    const result = await journalled(change, settings, fresh, hash, lock.assertLocked);
    outcome = 'done';
    await audit(change, settings, hash, outcome, null);
    return result;
  } catch (error) {
    await audit(change, settings, hash, outcome, codeOf(settings.told(error)));
    throw error;
  }
}

async function journalled<Result>(
  change: Change<Result>,
  settings: RunSettings,
  plan: Plan,
  hash: string,
  assertLocked: () => Promise<void>,
): Promise<Result> {
  const journal = await openJournal(settings.stateDirectory, settings.runId, settings.clock);
  try {
    await journal.write({
      kind: 'start',
      runId: settings.runId,
      command: change.command,
      planHash: hash,
      actor: settings.actor,
      host: hostname(),
      pid: process.pid,
      summary: plan.summary,
    });
    const result = await change.execute(plan, {
      step: (id, state, facts) => journal.write({ kind: 'step', id, state, ...(facts === undefined ? {} : { facts }) }),
      assertLocked,
    });
    await journal.write({ kind: 'end', outcome: 'done' });
    return result;
  } catch (error) {
    await writeFailure(journal, settings.told(error), settings.reporter);
    throw error;
  } finally {
    await journal.close();
  }
}

/** The first failure is the one to tell; a journal that fails now only warns. */
async function writeFailure(journal: OpenJournal, error: unknown, reporter: Reporter): Promise<void> {
  await journal
    .write({ kind: 'end', outcome: 'failed', code: codeOf(error), message: messageOf(error) })
    .catch((failure) => reporter.warn(messageOf(failure)));
}

function codeOf(error: unknown): string {
  return isOpsError(error) ? error.code : 'UNEXPECTED';
}

interface Hold extends AsyncDisposable {
  isHeld: boolean;
  assertLocked(): Promise<void>;
}

async function holdLock(take: (() => Promise<HeldLock>) | undefined, reporter: Reporter): Promise<Hold> {
  const held = await take?.();
  return {
    isHeld: held !== undefined,
    assertLocked: async () => held?.assertHeld?.(),
    // What was done is done: a lock that cannot be given back runs out by itself, and the outcome stays what it is.
    [Symbol.asyncDispose]: async () => held?.release().catch((error) => reporter.warn(`the lock was not given back: ${messageOf(error)}`)),
  };
}

async function audit<Result>(
  change: Change<Result>,
  settings: RunSettings,
  hash: string | null,
  outcome: AuditEntry['outcome'],
  code: string | null,
): Promise<void> {
  const entry: AuditEntry = {
    at: settings.clock.now(),
    runId: settings.runId,
    actor: settings.actor,
    host: hostname(),
    command: change.command,
    target: change.target,
    planHash: hash,
    outcome,
    code,
  };
  // A failing audit warns: the act itself has happened, or was refused, and its own outcome is the news.
  await appendAuditLine(settings.stateDirectory, entry).catch((error) =>
    settings.reporter.warn(`the audit line was not written: ${messageOf(error)}`),
  );
  try {
    const client = await settings.auditClient();
    if (client) await insertAuditRow(client, entry);
  } catch (error) {
    settings.reporter.warn(`the audit row was not written: ${messageOf(error)}`);
  }
}

function planMoved(what: string): OpsError {
  return new OpsError('PLAN_MOVED', { message: `${what} is no longer what would be done` });
}
