import { worstDataLoss } from '#features/migrations/drops-data';
import { versionLabel } from '#features/migrations/file-name';
import type { MigrationWork } from '#features/migrations/migration-work';
import { planUp } from '#features/migrations/plan-migrations';
import { prepareUp } from '#features/migrations/prepare-works';
import type { Plan, Step } from '#kernel/plan';
import type { View } from '#ui/view';
import type { ChangeContext, CommandContext } from '../command.ts';
import { executeWorks, factsOf, type Migrated, type MigrationFacts, migratedSchema, viewMigrated } from './execute.ts';
import { type DirectoryInput, type RangeInput, readRange, readState } from './state.ts';

type UpContext = CommandContext<DirectoryInput & RangeInput>;

export const result = migratedSchema;

interface Prepared {
  server: string;
  works: MigrationWork[];
  /** The newest applied version once the works are done. */
  newest: number | null;
}

async function prepare(ctx: UpContext): Promise<Prepared> {
  const range = readRange(ctx.input);
  const { compared, location } = await readState(ctx);
  const works = prepareUp(planUp(compared, range));
  const versions = [...compared.filter(({ state }) => state === 'applied'), ...works].map(({ version }) => version);
  return { server: location, works, newest: versions.length === 0 ? null : Math.max(...versions) };
}

export async function plan(ctx: UpContext): Promise<Plan<MigrationFacts>> {
  const { server, works } = await prepare(ctx);
  const count = `${works.length} migration${works.length === 1 ? '' : 's'}`;
  const losing = works.filter((work) => worstDataLoss(work.script.statements).loss === 'loss');
  return {
    summary: works.length === 0 ? `Nothing is pending on ${server}` : `Apply ${count} to ${server}`,
    steps: works.map(stepOf),
    facts: factsOf(server, works),
    ...(losing.length === 0
      ? {}
      : {
          danger: 'careful' as const,
          notes: [`${losing.map(({ version }) => versionLabel(version)).join(', ')} may drop or rewrite data`],
        }),
  };
}

function stepOf({ version, name, script, rerun }: MigrationWork): Step {
  const how = script.mode === 'alone' ? ', outside a transaction' : '';
  const label = versionLabel(version);
  return { id: label, title: `${rerun ? 'Run again' : 'Apply'} ${label}_${name}${how}`, facts: { statements: script.statements.length } };
}

export async function execute(ctx: ChangeContext<DirectoryInput & RangeInput>, planned: Plan<MigrationFacts>): Promise<Migrated> {
  const prepared = await prepare(ctx);
  const migrations = await executeWorks(ctx, planned.facts, prepared);
  return { version: prepared.newest, migrations };
}

export function view(migrated: Migrated): View {
  return viewMigrated(migrated, 'Applied');
}
