import { resolve } from 'node:path';
import { z } from 'zod';
import { type LabDownFacts, planLabDown, takeLabDown } from '#features/lab/down';
import { labPlace } from '#features/lab/place';
import type { Plan } from '#kernel/plan';
import { lines, type View } from '#ui/view';
import type { ChangeContext, CommandContext } from '../command.ts';

interface Input {
  dir: string;
  purge?: boolean;
}

export const result = z.object({
  directory: z.string(),
  /** Data directories whose server was stopped. */
  stopped: z.array(z.string()),
  removed: z.boolean(),
});

type Result = z.infer<typeof result>;

export function plan(ctx: CommandContext<Input>): Promise<Plan<LabDownFacts>> {
  return planLabDown(labPlace(resolve(ctx.cwd, ctx.input.dir)), ctx.input.purge === true);
}

export async function execute(ctx: ChangeContext<Input>, { facts, steps }: Plan<LabDownFacts>): Promise<Result> {
  const removed = steps.some((step) => step.id === 'purge');
  if (steps.length > 0) {
    await takeLabDown(labPlace(facts.directory), facts, {
      signal: ctx.signal,
      onStep: async (id, state) => {
        // The journal may live in the lab: nothing is written after it is gone.
        if (!(id === 'purge' && state === 'done')) await ctx.journal.step(id, state);
      },
    });
  }
  return { directory: facts.directory, stopped: facts.running, removed };
}

export function view({ directory, stopped, removed }: Result): View {
  return lines(
    ...stopped.map((dataDir) => `stopped PostgreSQL on ${dataDir}`),
    removed
      ? `removed ${directory}`
      : stopped.length === 0
        ? `nothing runs in ${directory}`
        : `the data stays in ${directory}; \`copilot-db lab up\` starts it again`,
  );
}
