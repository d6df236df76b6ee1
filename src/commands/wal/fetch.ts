import { z } from 'zod';
import { fetchWal } from '#features/recovery/wal/fetch';
import { lines, type View } from '#ui/view';
import type { CommandContext } from '../command.ts';
import { checkSystem, doorsOf } from './doors.ts';

export const result = z.object({ file: z.string(), systemId: z.string(), repository: z.string() });

type Fetched = z.infer<typeof result>;

interface Input {
  name: string;
  path: string;
  mode: 'recovery' | 'standby';
  system?: string;
}

export async function run(ctx: CommandContext<Input>): Promise<Fetched> {
  const { input, cwd, env, signal } = ctx;
  return await fetchWal({
    name: input.name,
    path: input.path,
    dataDir: cwd,
    systemId: checkSystem(input.system),
    mode: input.mode,
    repositories: doorsOf(ctx),
    isWanted: () => true,
    env,
    signal,
  });
}

export function view({ file, repository }: Fetched): View {
  return lines(`${file} came from the repository ${repository}`);
}
