import { z } from 'zod';
import type { Config } from '#config/schema';
import { OpsError } from '#kernel/errors';
import type { Plan, Step } from '#kernel/plan';
import type { Codec } from '#repository/codec';
import { capabilitiesSchema } from '#repository/identity';
import { chooseCodec, findRepository, initRepository } from '#repository/init';
import { isSystemId } from '#repository/layout';
import { openRepository } from '#repository/open';
import { admitSystem, listSystems } from '#repository/systems';
import { lines, type View } from '#ui/view';
import type { ChangeContext, CommandContext } from '../command.ts';
import { readServerSystem } from './server-system.ts';

interface Input {
  repository?: string;
  system?: string;
}

type Facts = {
  name: string;
  cluster: string;
  location: string;
  codec: Codec;
  exists: boolean;
  admit: { systemId: string; host: string | null; dataDirectory: string | null; postgresMajor: number | null } | null;
};

export const result = z.object({
  outcome: z.enum(['created', 'exists']),
  name: z.string(),
  cluster: z.string(),
  location: z.string(),
  codec: z.enum(['zstd', 'gzip']),
  capabilities: capabilitiesSchema,
  /** All that may store here, the newest last. */
  systems: z.array(z.string()),
  /** The one that this run admitted. */
  admitted: z.string().nullable(),
});

type Made = z.infer<typeof result>;

export async function plan(ctx: CommandContext<Input>): Promise<Plan<Facts>> {
  const store = await ctx.objectStore(ctx.input.repository);
  const place = placeOf(ctx);
  const identity = await findRepository(store, place);
  const codec = identity?.codec ?? (await chooseCodec(ctx.env));
  const { admit, notes } = await chooseSystem(ctx, identity !== undefined);
  const location = `${store.location}/${place.cluster}`;
  const steps: Step[] = [];
  if (!identity)
    steps.push({ id: 'create', title: `Try ${store.location} out and make the repository of ${place.cluster} in it`, facts: { codec } });
  if (admit) steps.push({ id: 'admit', title: `Admit the database system ${admit.systemId}`, facts: { systemId: admit.systemId } });
  return {
    summary:
      steps.length === 0
        ? `The repository of ${place.cluster} is in ${location} already`
        : `${location} holds the backups and WAL of ${place.cluster}`,
    steps,
    facts: { name: place.name, cluster: place.cluster, location, codec, exists: identity !== undefined, admit },
    notes:
      codec === 'gzip' && !identity ? ['zstd is not installed here, so everything is compressed with gzip, for ever', ...notes] : notes,
  };
}

export async function execute(ctx: ChangeContext<Input>, { facts }: Plan<Facts>): Promise<Made> {
  const store = await ctx.objectStore(ctx.input.repository);
  const now = ctx.clock.now();
  const place = { name: facts.name, cluster: facts.cluster, signal: ctx.signal };
  if (!facts.exists) await ctx.journal.step('create', 'begin');
  const init = { ...place, codec: facts.codec, runId: ctx.runId, now, toolVersion: ctx.version };
  const { outcome, repository } = await initRepository(store, init);
  if (!facts.exists) await ctx.journal.step('create', 'done', { outcome });
  if (facts.admit) {
    await ctx.journal.step('admit', 'begin');
    await admitSystem(repository, { ...facts.admit, now, runId: ctx.runId }, ctx.signal);
    await ctx.journal.step('admit', 'done', { systemId: facts.admit.systemId });
  }
  const systems = await listSystems(repository, ctx.signal);
  return {
    outcome,
    name: facts.name,
    cluster: facts.cluster,
    location: repository.store.location,
    codec: repository.codec,
    capabilities: repository.identity.capabilities,
    systems: systems.map(({ systemId }) => systemId),
    admitted: facts.admit?.systemId ?? null,
  };
}

export function view(made: Made): View {
  const encryption = made.capabilities.serverSideEncryption;
  return lines(
    `The repository of ${made.cluster} ${made.outcome === 'created' ? 'is' : 'was already'} in ${made.location}`,
    `  compression ${made.codec}`,
    `  encryption  ${encryption === null ? 'none' : `${encryption}, by the store`}`,
    `  systems     ${made.systems.length === 0 ? 'none yet: the first server that archives here becomes the owner' : made.systems.join(', ')}`,
    made.admitted === null ? undefined : `  admitted    ${made.admitted}`,
  );
}

/** --system admits what it names; without it the reachable server becomes the first owner, but never a second one unasked. */
async function chooseSystem(ctx: CommandContext<Input>, exists: boolean): Promise<{ admit: Facts['admit']; notes: string[] }> {
  const asked = ctx.input.system;
  if (asked !== undefined && !isSystemId(asked)) {
    throw new OpsError('USAGE_INVALID', {
      message: `--system ${asked} is no system identifier`,
      nextSteps: ['Ask the server: `select system_identifier from pg_control_system()`'],
    });
  }
  const systems = exists ? await admittedSystems(ctx) : [];
  if (asked !== undefined && systems.includes(asked)) return { admit: null, notes: [] };
  const { server, reason } = await readServerSystem(ctx);
  if (asked !== undefined && server?.systemId !== asked) {
    return { admit: { systemId: asked, host: null, dataDirectory: null, postgresMajor: null }, notes: [] };
  }
  if (server === undefined) {
    const later = `No system is admitted now (${reason}); the first server that archives here becomes the owner`;
    return { admit: null, notes: systems.length === 0 ? [later] : [] };
  }
  if (systems.includes(server.systemId)) return { admit: null, notes: [] };
  if (asked !== undefined || systems.length === 0) return { admit: server, notes: [] };
  return {
    admit: null,
    notes: [`The server ${server.systemId} is not admitted; if it is the successor: \`repository init --system ${server.systemId}\``],
  };
}

async function admittedSystems(ctx: CommandContext<Input>): Promise<string[]> {
  const repository = await openRepository(await ctx.objectStore(ctx.input.repository), placeOf(ctx));
  return (await listSystems(repository, ctx.signal)).map(({ systemId }) => systemId);
}

function placeOf({ config, input, signal }: CommandContext<Input>): { name: string; cluster: string; signal: AbortSignal } {
  return { name: input.repository ?? firstRepository(config), cluster: config.cluster as string, signal };
}

/** The seed's single place is called main. */
function firstRepository(config: Config): string {
  return config.backup?.repositories?.[0]?.name ?? 'main';
}
