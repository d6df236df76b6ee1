import { z } from 'zod';
import { effectiveSettings } from '#config/effective';
import { loadConfig } from '#config/load';
import { locateConfig } from '#config/locate';
import { table, type View } from '#ui/view';
import type { CommandContext } from '../command.ts';

export const result = z.object({
  path: z.string().nullable(),
  settings: z.array(z.object({ key: z.string(), value: z.string(), origin: z.string() })),
});

type Result = z.infer<typeof result>;

/** Reads the file by itself: this command also has to work on a configuration that lacks everything others need. */
export async function run(ctx: CommandContext): Promise<Result> {
  const place = await locateConfig({ flag: ctx.configFlag, env: ctx.env, cwd: ctx.cwd });
  const { config, origins } = await loadConfig({ path: place?.path, env: ctx.env });
  return { path: place?.path ?? null, settings: effectiveSettings(config, origins) };
}

export function view({ path, settings }: Result): View {
  return table(
    settings,
    [
      { title: 'setting', value: (row) => row.key },
      { title: 'value', value: (row) => row.value },
      { title: 'origin', value: (row) => row.origin },
    ],
    { empty: 'no configuration: everything is at its default', before: path === null ? [] : [`configuration ${path}`] },
  );
}
