import { hostname } from 'node:os';
import { z } from 'zod';
import { pushWal } from '#features/recovery/wal/push';
import { lines, type View } from '#ui/view';
import type { CommandContext } from '../command.ts';
import { checkSystem, doorsOf } from './doors.ts';

export const result = z.object({
  file: z.string(),
  systemId: z.string(),
  /** same: these bytes were there already. */
  repositories: z.array(z.object({ name: z.string(), outcome: z.enum(['created', 'same']) })),
});

type Pushed = z.infer<typeof result>;

export async function run(ctx: CommandContext<{ path: string; system?: string }>): Promise<Pushed> {
  const { input, cwd, env, signal, runId, clock } = ctx;
  const pushed = await pushWal({
    path: input.path,
    dataDir: cwd,
    systemId: checkSystem(input.system),
    repositories: doorsOf(ctx),
    host: hostname(),
    runId,
    now: clock.now(),
    env,
    signal,
  });
  return { ...pushed, repositories: [...pushed.repositories] };
}

export function view({ file, repositories }: Pushed): View {
  return lines(
    ...repositories.map(({ name, outcome }) => `${file} ${outcome === 'created' ? 'is' : 'was already'} in the repository ${name}`),
  );
}
