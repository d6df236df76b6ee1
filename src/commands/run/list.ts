import { hostname } from 'node:os';
import { z } from 'zod';
import { listRuns } from '#operations/read-journals';
import { table, type View } from '#ui/view';
import type { CommandContext } from '../command.ts';

export const runSummary = z.object({
  runId: z.string(),
  command: z.string(),
  startedAt: z.string(),
  endedAt: z.string().nullable(),
  outcome: z.enum(['done', 'failed', 'running', 'killed']),
  code: z.string().nullable(),
  actor: z.string(),
  host: z.string(),
  summary: z.string(),
});

export const result = z.object({ runs: z.array(runSummary) });

type Result = z.infer<typeof result>;

export async function run(ctx: CommandContext): Promise<Result> {
  return { runs: await listRuns(ctx.stateDirectory, hostname()) };
}

export function view({ runs }: Result): View {
  return table(
    runs,
    [
      { title: 'run', value: (row) => row.runId },
      { title: 'command', value: (row) => row.command },
      { title: 'started', value: (row) => row.startedAt.slice(0, 19) },
      { title: 'outcome', value: (row) => row.outcome + (row.code === null ? '' : ` ${row.code}`) },
      { title: 'by', value: (row) => `${row.actor}@${row.host}` },
    ],
    { empty: 'nothing was changed from this host yet' },
  );
}
