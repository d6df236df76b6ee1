import { hostname } from 'node:os';
import { z } from 'zod';
import { OpsError } from '#kernel/errors';
import { readRun, summarise } from '#operations/read-journals';
import { lines, type View } from '#ui/view';
import type { CommandContext } from '../command.ts';
import { runSummary } from './list.ts';

export const result = runSummary.extend({
  planHash: z.string(),
  steps: z.array(z.object({ id: z.string(), state: z.enum(['begin', 'done']), at: z.string(), facts: z.unknown() })),
  message: z.string().nullable(),
});

type Result = z.infer<typeof result>;

export async function run(ctx: CommandContext<{ run: string }>): Promise<Result> {
  const journal = await readRun(ctx.stateDirectory, ctx.input.run);
  const summary = await summarise(journal, hostname());
  const start = journal.find((line) => line.kind === 'start');
  if (!summary || !start) throw new OpsError('RUN_NOT_FOUND', { message: `The journal of ${ctx.input.run} was cut before its first line` });
  const steps = journal.filter((line) => line.kind === 'step').map(({ id, state, at, facts }) => ({ id, state, at, facts: facts ?? null }));
  const end = journal.findLast((line) => line.kind === 'end');
  return { ...summary, planHash: start.planHash, steps, message: end?.message ?? null };
}

export function view(run: Result): View {
  return lines(
    `${run.runId}  ${run.command}  ${run.outcome}${run.code === null ? '' : ` ${run.code}`}`,
    `  ${run.summary}`,
    `  by ${run.actor}@${run.host}, plan ${run.planHash.slice(0, 12)}`,
    `  ${run.startedAt}  start`,
    ...run.steps.map((step) => `  ${step.at}  ${step.state === 'begin' ? 'begin' : 'done '} ${step.id}`),
    run.endedAt === null ? undefined : `  ${run.endedAt}  end`,
    run.message === null ? undefined : `  ${run.message}`,
  );
}
