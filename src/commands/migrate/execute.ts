import { z } from 'zod';
import type { MigrationWork } from '#features/migrations/migration-work';
import { runMigrations } from '#features/migrations/run-migrations';
import { defaultLimits } from '#features/migrations/session';
import { OpsError } from '#kernel/errors';
import { canonicalJson } from '#kernel/json';
import { formatDuration } from '#kernel/units';
import { table, type View } from '#ui/view';
import type { ChangeContext } from '../command.ts';

/** What a decision to migrate rests on. */
export interface MigrationFacts {
  server: string;
  migrations: readonly { version: number; name: string; checksum: string; script: string; mode: 'transaction' | 'alone'; rerun: boolean }[];
}

/** Of `up` and `down`. `version` is the newest that is applied afterwards; null = none. */
export const migratedSchema = z.object({
  version: z.number().int().nullable(),
  migrations: z.array(z.object({ version: z.number().int(), name: z.string(), durationMs: z.number().int() })),
});

export type Migrated = z.infer<typeof migratedSchema>;

export function factsOf(server: string, works: readonly MigrationWork[]): MigrationFacts {
  return {
    server,
    migrations: works.map(({ version, name, checksum, script, rerun }) => ({
      version,
      name,
      checksum,
      script: script.file.checksum,
      mode: script.mode,
      rerun,
    })),
  };
}

/** Runs the works if they are still what was planned; files may have been edited since. @throws PLAN_MOVED, MIGRATION_*, POSTGRES_* */
export async function executeWorks(
  ctx: ChangeContext<unknown>,
  planned: MigrationFacts,
  fresh: { server: string; works: readonly MigrationWork[] },
): Promise<Migrated['migrations']> {
  if (canonicalJson(factsOf(fresh.server, fresh.works) as never) !== canonicalJson(planned as never))
    throw new OpsError('PLAN_MOVED', { message: 'The migration files or the history are no longer what was planned' });
  const { runId, reporter, signal } = ctx;
  const [main, recorder] = await Promise.all([ctx.postgres('migrations'), ctx.postgres('migrations-recorder')]);
  return runMigrations({ main, recorder, runId, reporter, signal, limits: defaultLimits }, fresh.works, (id, state, facts) =>
    ctx.journal.step(id, state, facts),
  );
}

export function viewMigrated(migrated: Migrated, verb: 'Applied' | 'Rolled back'): View {
  const count = migrated.migrations.length;
  const newest =
    migrated.version === null ? 'no migration is applied' : `the newest applied migration is V${String(migrated.version).padStart(3, '0')}`;
  return table(
    migrated.migrations,
    [
      { title: 'Version', value: (row) => `V${String(row.version).padStart(3, '0')}` },
      { title: 'Name', value: (row) => row.name },
      { title: 'Took', value: (row) => formatDuration(row.durationMs), align: 'right' },
    ],
    {
      empty: `Nothing to do; ${newest}.`,
      ...(count === 0 ? {} : { after: [`${verb} ${count} migration${count === 1 ? '' : 's'}; ${newest}.`] }),
    },
  );
}
