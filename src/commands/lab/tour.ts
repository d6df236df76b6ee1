import { resolve } from 'node:path';
import { z } from 'zod';
import { labPlace } from '#features/lab/place';
import type { LabUpOptions } from '#features/lab/plan-up';
import { planTour, type TourFacts } from '#features/lab/tour/plan-tour';
import { runTour } from '#features/lab/tour/run-tour';
import { tourSummary } from '#features/lab/tour/story';
import type { Plan } from '#kernel/plan';
import { lines, type View } from '#ui/view';
import type { ChangeContext, CommandContext } from '../command.ts';

interface Input {
  dir: string;
  postgres?: number;
  keep?: boolean;
}

const content = z.object({ rows: z.int(), hash: z.string() });

export const result = z.object({
  directory: z.string(),
  kept: z.boolean(),
  target: z.string(),
  accidentAt: z.string(),
  before: content,
  restored: content,
  rowsRegained: z.int(),
  rowsLost: z.int(),
  rpoMs: z.int(),
  rtoMs: z.int(),
});

type Result = z.infer<typeof result>;

export function plan(ctx: CommandContext<Input>): Promise<Plan<TourFacts>> {
  return planTour(optionsOf(ctx), ctx.input.keep === true);
}

export async function execute(ctx: ChangeContext<Input>, { facts }: Plan<TourFacts>): Promise<Result> {
  const { cwd, runId, reporter } = ctx;
  await ctx.journal.step('tour', 'begin');
  const told = await runTour({ ...optionsOf(ctx), facts, cwd, runId, now: ctx.clock.now(), reporter });
  await ctx.journal.step('tour', 'done', { rowsRegained: told.rowsRegained, rpoMs: told.rpoMs, rtoMs: told.rtoMs });
  return { directory: facts.lab.directory, kept: facts.keep, ...told };
}

export function view(told: Result): View {
  const next = told.kept
    ? [
        `The lab runs on in ${told.directory}. To try next:`,
        `  copilot-db backup list --config ${told.directory}/copilot-db.yaml`,
        `  copilot-db restore pitr --latest --data-dir ${told.directory}/again --start --yes --config ${told.directory}/copilot-db.yaml`,
        `  copilot-db lab down --purge --confirm lab --dir ${told.directory}`,
      ]
    : ['To try next: `copilot-db lab tour --keep` leaves the lab up, to have an accident of your own in.'];
  return lines(...tourSummary(told), '', ...next);
}

function optionsOf(ctx: CommandContext<Input>): LabUpOptions {
  const { env, signal, home } = ctx;
  return { place: labPlace(resolve(ctx.cwd, ctx.input.dir)), major: ctx.input.postgres, home, env, signal };
}
