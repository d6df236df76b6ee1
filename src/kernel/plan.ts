import { createHash } from 'node:crypto';
import { canonicalJson, type Json } from './json.ts';

/** How much harm an act can do: safe runs, careful needs --yes or a prompt, destructive needs a typed name. */
export type Danger = 'safe' | 'careful' | 'destructive';

export interface Step {
  /** Stable within the plan; the journal refers to it. */
  id: string;
  /** What will be done, in the imperative. */
  title: string;
  /** Facts about the step that belong to the decision, so they are hashed. */
  facts?: Readonly<Record<string, Json | undefined>>;
}

/** What a changing command intends. Made by reading only; executed as it is or refused. */
export interface Plan<Facts = unknown> {
  /** One line: what will be so afterwards. */
  summary: string;
  steps: readonly Step[];
  /** What `execute` needs and what the decision rests on. JSON only, and hashed: nothing that moves by itself. */
  facts: Facts;
  /** What a reader should know but what may change meanwhile (free disk, predicted time). Not hashed. */
  notes?: readonly string[];
  /** Raises the spec's danger for this very plan. */
  danger?: Danger;
  /** What has to be typed, or given with --confirm, when the plan is destructive. */
  confirmName?: string;
}

/** A plan that has nothing to do has no steps. */
export function isEmptyPlan(plan: Plan): boolean {
  return plan.steps.length === 0;
}

/** sha256 over all that the decision rests on. Two plans with one hash do the same. */
export function planHash(command: string, plan: Plan): string {
  const decided = {
    command,
    steps: plan.steps.map((step) => ({ id: step.id, title: step.title, facts: step.facts ?? {} })),
    facts: plan.facts as Json,
    danger: plan.danger ?? null,
    confirmName: plan.confirmName ?? null,
  };
  return createHash('sha256').update(canonicalJson(decided)).digest('hex');
}
