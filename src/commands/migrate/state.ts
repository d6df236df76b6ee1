import { join } from 'node:path';
import { type ComparedMigration, compareWithHistory } from '#features/migrations/compare';
import { parseVersion } from '#features/migrations/file-name';
import { readHistory } from '#features/migrations/history';
import type { Range } from '#features/migrations/plan-migrations';
import { readMigrations } from '#features/migrations/read-migrations';
import { OpsError } from '#kernel/errors';
import type { CommandContext } from '../command.ts';

export interface DirectoryInput {
  dir?: string | undefined;
}

export interface RangeInput {
  to?: string | undefined;
  steps?: number | undefined;
}

export function migrationsDirectory(ctx: CommandContext<DirectoryInput>): string {
  return ctx.input.dir ?? join(ctx.home, 'migrations');
}

/** Files and history side by side. Reads only. */
export async function readState(ctx: CommandContext<DirectoryInput>): Promise<{ compared: ComparedMigration[]; location: string }> {
  const migrations = await readMigrations(migrationsDirectory(ctx), ctx.signal);
  const client = await ctx.postgres();
  return { compared: compareWithHistory(migrations, await readHistory(client)), location: client.location };
}

/** @throws USAGE_INVALID */
export function readRange({ to, steps }: RangeInput): Range {
  if (to !== undefined && steps !== undefined)
    throw new OpsError('USAGE_INVALID', { message: '--to and --steps cannot be used together', nextSteps: ['Give one of the two'] });
  if (steps !== undefined && steps < 1)
    throw new OpsError('USAGE_INVALID', { message: `--steps is ${steps}, the least is 1`, nextSteps: ['Give a positive number'] });
  const version = to === undefined ? undefined : parseVersion(to);
  if (to !== undefined && version === undefined)
    throw new OpsError('USAGE_INVALID', { message: `--to ${to} is no version`, nextSteps: ['Write it as 3, 003 or V003'] });
  return { ...(version === undefined ? {} : { to: version }), ...(steps === undefined ? {} : { steps }) };
}
