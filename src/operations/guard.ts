import { OpsError } from '#kernel/errors';
import { type Danger, isEmptyPlan, type Plan } from '#kernel/plan';

/** How an operator can answer; undefined where nobody is there to ask. */
export interface Asker {
  confirm(question: string): Promise<boolean>;
  typeName(question: string, name: string): Promise<string>;
}

export interface Consent {
  yes: boolean;
  confirm: string | undefined;
  /** A plan that was written, looked at and handed back counts as looked at, never as a typed name. */
  plannedBefore: boolean;
}

const severity: Record<Danger, number> = { safe: 0, careful: 1, destructive: 2 };

/** A plan can be more dangerous than its command, never less. */
export function dangerOf(specified: Danger | undefined, plan: Plan): Danger {
  const floor = specified ?? 'safe';
  return plan.danger && severity[plan.danger] > severity[floor] ? plan.danger : floor;
}

/**
 * Lets a run pass or refuses it. --yes covers careful acts only; destructive ones want the name, typed or with --confirm.
 * @throws CONFIRMATION_REQUIRED, CONFIRMATION_WRONG
 */
export async function guard(plan: Plan, specified: Danger | undefined, consent: Consent, ask: Asker | undefined): Promise<void> {
  if (isEmptyPlan(plan)) return;
  const danger = dangerOf(specified, plan);
  if (danger === 'safe') return;
  if (danger === 'careful') return guardCareful(plan, consent, ask);
  return guardDestructive(plan, consent, ask);
}

async function guardCareful(plan: Plan, consent: Consent, ask: Asker | undefined): Promise<void> {
  if (consent.yes || consent.plannedBefore) return;
  if (ask && (await ask.confirm('Go on?'))) return;
  throw new OpsError('CONFIRMATION_REQUIRED', {
    message: ask ? `Not confirmed, so nothing was done: ${plan.summary}` : `This needs a confirmation: ${plan.summary}`,
    nextSteps: ['Add `--yes` after looking at the plan with `--dry-run`'],
  });
}

async function guardDestructive(plan: Plan, consent: Consent, ask: Asker | undefined): Promise<void> {
  const name = plan.confirmName ?? '';
  const given = consent.confirm ?? (await ask?.typeName(`Type ${name} to go on`, name));
  if (given === name && name !== '') return;
  if (given === undefined) {
    throw new OpsError('CONFIRMATION_REQUIRED', {
      message: `This destroys something and needs its name: ${plan.summary}`,
      detail: consent.yes ? '--yes does not cover destructive acts' : undefined,
      nextSteps: [`Add \`--confirm ${name}\` after looking at the plan with \`--dry-run\``],
    });
  }
  throw new OpsError('CONFIRMATION_WRONG', { message: `The name is \`${name}\`, but \`${given}\` was confirmed` });
}
