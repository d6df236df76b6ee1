import { z } from 'zod';
import { createPair, type NewPair, nextPair, normaliseName } from '#features/migrations/create-pair';
import { versionLabel } from '#features/migrations/file-name';
import { readMigrations } from '#features/migrations/read-migrations';
import { OpsError } from '#kernel/errors';
import type { Plan } from '#kernel/plan';
import { lines, type View } from '#ui/view';
import type { ChangeContext, CommandContext } from '../command.ts';
import { type DirectoryInput, migrationsDirectory } from './state.ts';

type NewInput = DirectoryInput & { name: string };

export const result = z.object({ version: z.number().int(), up: z.string(), down: z.string() });

export async function plan(ctx: CommandContext<NewInput>): Promise<Plan<{ version: number; up: string; down: string }>> {
  const name = normaliseName(ctx.input.name);
  if (name === undefined)
    throw new OpsError('USAGE_INVALID', {
      message: `"${ctx.input.name}" is no name for a migration`,
      nextSteps: ['Use a few words of letters and digits, at most 100 characters'],
    });
  const directory = migrationsDirectory(ctx);
  const pair = nextPair(directory, await readMigrations(directory, ctx.signal), name);
  return {
    summary: `Write the pair of ${versionLabel(pair.version)}`,
    steps: [
      { id: 'up', title: `Create ${pair.up}` },
      { id: 'down', title: `Create ${pair.down}` },
    ],
    facts: { ...pair },
  };
}

export async function execute(_ctx: ChangeContext<NewInput>, { facts }: Plan<NewPair>): Promise<NewPair> {
  await createPair(facts);
  return facts;
}

export function view({ up, down }: NewPair): View {
  return lines(`Created ${up}`, `Created ${down}`);
}
