import type { Danger, Plan } from '#kernel/plan';
import { paint, type Terminal } from './terminal.ts';

/** The plan as a person reads it before saying yes. */
export function renderPlan(plan: Plan, hash: string, danger: Danger, terminal: Terminal, stream: 'stdout' | 'stderr'): string {
  const colour = danger === 'destructive' ? 'red' : danger === 'careful' ? 'yellow' : 'green';
  const head = `${paint(terminal, stream, 'bold', 'plan')} ${hash.slice(0, 12)}  ${paint(terminal, stream, colour, danger)}  ${plan.summary}`;
  const steps = plan.steps.length === 0 ? ['  nothing to do'] : plan.steps.map((step, index) => `  ${index + 1}. ${step.title}`);
  const notes = (plan.notes ?? []).map((note) => `  ${paint(terminal, stream, 'dim', note)}`);
  return [head, ...steps, ...notes].join('\n');
}
