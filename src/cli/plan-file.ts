import { readFile } from 'node:fs/promises';
import type { CommandSpec } from '#commands/command';
import { messageOf, OpsError } from '#kernel/errors';
import { type Danger, type Plan, planHash } from '#kernel/plan';
import { dangerOf } from '#operations/guard';
import { writeFileAtomic } from '#platform/atomic-file';
import { renderPlan } from '#ui/plan-view';
import type { Terminal } from '#ui/terminal';

const schema = 'copilot-db/plan/1';

export function dangerFor(spec: CommandSpec, plan: Plan): Danger {
  return dangerOf(spec.policy.danger, plan);
}

/** The plan to stderr before a run; alone on stdout, as text or JSON, when it is all that was wanted. */
export function showPlan(command: string, plan: Plan, danger: Danger, terminal: Terminal, where: 'stdout' | 'stderr' | 'json'): void {
  const hash = planHash(command, plan);
  if (where === 'json') terminal.stdout.write(`${JSON.stringify({ schema, command, hash, danger, plan })}\n`);
  else terminal[where].write(`${renderPlan(plan, hash, danger, terminal, where)}\n`);
}

/** @throws PLAN_UNREADABLE */
export async function writePlan(path: string, command: string, plan: Plan): Promise<void> {
  const content = `${JSON.stringify({ schema, command, hash: planHash(command, plan), plan }, null, 2)}\n`;
  await writeFileAtomic(path, content, { mode: 0o600 }).catch((error) => {
    throw new OpsError('PLAN_UNREADABLE', { message: `The plan cannot be written to ${path}`, detail: messageOf(error), cause: error });
  });
}

/**
 * The hash of an approved plan. The hash is made anew from the plan's own content, so that an edited file does not pass.
 * @throws PLAN_UNREADABLE
 */
export async function readPlanHash(path: string, command: string): Promise<string> {
  const unreadable = (why: string, cause?: unknown) =>
    new OpsError('PLAN_UNREADABLE', { message: `The plan ${path} cannot be used`, detail: why, cause });
  let file: { schema?: string; command?: string; hash?: string; plan?: Plan };
  try {
    file = JSON.parse(await readFile(path, 'utf8'));
  } catch (error) {
    throw unreadable(messageOf(error), error);
  }
  if (file.schema !== schema || file.plan === undefined) throw unreadable(`it is not of the form ${schema}`);
  if (file.command !== command) throw unreadable(`it is a plan of \`copilot-db ${file.command}\``);
  if (planHash(command, file.plan) !== file.hash) throw unreadable('it was edited: its hash does not fit its content');
  return file.hash;
}
