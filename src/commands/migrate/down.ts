import { worstDataLoss } from '#features/migrations/drops-data';
import { versionLabel } from '#features/migrations/file-name';
import type { MigrationWork } from '#features/migrations/migration-work';
import { planDown } from '#features/migrations/plan-migrations';
import { prepareDown, type RollbackSource } from '#features/migrations/prepare-works';
import type { Plan, Step } from '#kernel/plan';
import type { View } from '#ui/view';
import type { ChangeContext, CommandContext } from '../command.ts';
import { executeWorks, factsOf, type Migrated, type MigrationFacts, migratedSchema, viewMigrated } from './execute.ts';
import { type DirectoryInput, type RangeInput, readRange, readState } from './state.ts';

type DownInput = DirectoryInput & RangeInput & { rollbackFrom?: RollbackSource | undefined };

export const result = migratedSchema;

interface Prepared {
  server: string;
  works: MigrationWork[];
  newest: number | null;
}

async function prepare(ctx: CommandContext<DownInput>): Promise<Prepared> {
  const range = readRange(ctx.input);
  const { compared, location } = await readState(ctx);
  const chosen = planDown(compared, range);
  const staying = compared.filter((migration) => migration.entry?.success && !chosen.includes(migration));
  return { server: location, works: prepareDown(chosen, ctx.input.rollbackFrom), newest: staying.at(-1)?.version ?? null };
}

export async function plan(ctx: CommandContext<DownInput>): Promise<Plan<MigrationFacts>> {
  const { server, works } = await prepare(ctx);
  const count = `${works.length} migration${works.length === 1 ? '' : 's'}`;
  // A statement that cannot be judged counts as one that loses data.
  const losing = works.filter((work) => worstDataLoss(work.script.statements).loss !== 'none');
  return {
    summary: works.length === 0 ? `Nothing to roll back on ${server}` : `Roll back ${count} on ${server}`,
    steps: works.map((work) => stepOf(work, losing.includes(work))),
    facts: factsOf(server, works),
    ...(losing.length === 0 ? {} : { danger: 'destructive' as const, confirmName: confirmNameOf(ctx) }),
  };
}

function stepOf({ version, name, script }: MigrationWork, isLosing: boolean): Step {
  const { statement } = worstDataLoss(script.statements);
  const loss = isLosing && statement ? `; data is lost: ${statement.words.slice(0, 3).join(' ')} …` : '';
  return { id: versionLabel(version), title: `Roll back ${versionLabel(version)}_${name} with ${script.file.path}${loss}` };
}

function confirmNameOf({ config }: CommandContext<DownInput>): string {
  return config.cluster ?? config.postgres?.primary.database ?? '';
}

export async function execute(ctx: ChangeContext<DownInput>, planned: Plan<MigrationFacts>): Promise<Migrated> {
  const prepared = await prepare(ctx);
  const migrations = await executeWorks(ctx, planned.facts, prepared);
  return { version: prepared.newest, migrations };
}

export function view(migrated: Migrated): View {
  return viewMigrated(migrated, 'Rolled back');
}
