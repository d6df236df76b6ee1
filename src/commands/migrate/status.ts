import { z } from 'zod';
import type { ComparedMigration } from '#features/migrations/compare';
import { versionLabel } from '#features/migrations/file-name';
import type { ExitName } from '#kernel/exit-codes';
import { formatDuration } from '#kernel/units';
import { table, type View } from '#ui/view';
import type { CommandContext } from '../command.ts';
import { type DirectoryInput, readState } from './state.ts';

const states = ['applied', 'pending', 'changed', 'missing', 'incomplete'] as const;

export const result = z.object({
  server: z.string(),
  /** The newest applied version; null when there is none. */
  version: z.number().int().nullable(),
  counts: z.record(z.enum(states), z.number().int()),
  migrations: z.array(
    z.object({
      version: z.number().int(),
      name: z.string(),
      state: z.enum(states),
      outOfOrder: z.boolean(),
      reversible: z.boolean(),
      appliedAt: z.string().nullable(),
      executionTimeMs: z.number().int().nullable(),
      lastFailure: z
        .object({
          direction: z.enum(['up', 'down']),
          event: z.enum(['started', 'failed']),
          at: z.string(),
          runId: z.string(),
          message: z.string().nullable(),
        })
        .nullable(),
    }),
  ),
});

type Status = z.infer<typeof result>;
type Row = Status['migrations'][number];

export async function run(ctx: CommandContext<DirectoryInput>): Promise<Status> {
  const { compared, location } = await readState(ctx);
  const count = (state: Row['state']): number => compared.filter((migration) => migration.state === state).length;
  return {
    server: location,
    version: compared.filter(({ entry }) => entry?.success).at(-1)?.version ?? null,
    counts: {
      applied: count('applied'),
      pending: count('pending'),
      changed: count('changed'),
      missing: count('missing'),
      incomplete: count('incomplete'),
    },
    migrations: compared.map(rowOf),
  };
}

function rowOf({ version, name, state, outOfOrder, file, entry, lastFailure }: ComparedMigration): Row {
  return {
    version,
    name,
    state,
    outOfOrder,
    reversible: file?.down !== undefined || entry?.rollbackSql != null,
    appliedAt: entry?.success ? entry.appliedAt : null,
    executionTimeMs: entry?.executionTimeMs ?? null,
    lastFailure:
      lastFailure === undefined
        ? null
        : {
            direction: lastFailure.direction,
            event: lastFailure.event,
            at: lastFailure.at,
            runId: lastFailure.runId,
            message: lastFailure.message,
          },
  };
}

export function exit({ migrations }: Status): ExitName {
  return migrations.every(({ state }) => state === 'applied') ? 'ok' : 'findings';
}

export function view(status: Status): View {
  const open = status.migrations.filter(({ state }) => state !== 'applied');
  return table(
    status.migrations,
    [
      { title: 'Version', value: (row: Row) => versionLabel(row.version) },
      { title: 'Name', value: (row: Row) => row.name },
      { title: 'State', value: (row: Row) => row.state },
      { title: 'Applied at', value: (row: Row) => row.appliedAt },
      { title: 'Took', value: (row: Row) => (row.executionTimeMs === null ? null : formatDuration(row.executionTimeMs)), align: 'right' },
      { title: 'Note', value: noteOf },
    ],
    {
      empty: 'There are no migration files, and none was applied.',
      after: [
        open.length === 0
          ? `${status.server} is as the files say.`
          : `${open.length} of ${status.migrations.length} need attention on ${status.server}.`,
      ],
    },
  );
}

function noteOf({ state, outOfOrder, reversible, lastFailure }: Row): string | null {
  if (lastFailure?.event === 'failed') return `last attempt failed ${lastFailure.at}: ${(lastFailure.message ?? '').split('\n')[0]}`;
  if (lastFailure?.event === 'started') return `an attempt began ${lastFailure.at} and has not ended`;
  if (outOfOrder) return 'older than what is applied';
  if (state === 'changed') return 'the file was edited after it was applied';
  if (state === 'missing') return 'there is no file';
  return reversible ? null : 'no rollback';
}
