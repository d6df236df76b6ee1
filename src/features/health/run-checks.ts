import { isOpsError, messageOf } from '#kernel/errors';
import type { Check, CheckResult, Finding } from './check.ts';
import type { Subject } from './subject.ts';

/**
 * All checks at once, each with the same deadline: one that hangs costs its own answer and no other's. In the order of the table.
 * @throws the signal's reason only
 */
export async function runChecks(checks: readonly Check[], subject: Subject, deadlineMs: number): Promise<CheckResult[]> {
  const results = await Promise.all(
    checks.map(async (check): Promise<CheckResult> => {
      const finding = await withDeadline(
        check.look(subject).catch((error: unknown) => unknownBecause(error)),
        deadlineMs,
      );
      const { status, evidence, impact = null, fix = null } = finding;
      return { id: check.id, area: check.area, status, evidence, impact, fix };
    }),
  );
  subject.signal.throwIfAborted();
  return results;
}

async function withDeadline(looking: Promise<Finding>, deadlineMs: number): Promise<Finding> {
  let timer: NodeJS.Timeout | undefined;
  const tooLate = new Promise<Finding>((resolve) => {
    timer = setTimeout(() => resolve({ status: 'unknown', evidence: `no answer within ${deadlineMs / 1000} s` }), deadlineMs);
  });
  try {
    return await Promise.race([looking, tooLate]);
  } finally {
    clearTimeout(timer);
  }
}

function unknownBecause(error: unknown): Finding {
  if (!isOpsError(error)) return { status: 'unknown', evidence: messageOf(error) };
  return { status: 'unknown', evidence: `${error.code}: ${error.message}`, ...fixOf(error.nextSteps) };
}

/** The first next step of an error is the likeliest. */
export function fixOf(nextSteps: readonly string[]): Pick<Finding, 'fix'> {
  return nextSteps[0] === undefined ? {} : { fix: nextSteps[0] };
}
