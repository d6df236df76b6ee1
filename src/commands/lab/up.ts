import { resolve } from 'node:path';
import { z } from 'zod';
import { labPlace } from '#features/lab/place';
import { type LabUpFacts, type LabUpOptions, planLabUp } from '#features/lab/plan-up';
import { bringLabUp } from '#features/lab/up';
import type { Plan } from '#kernel/plan';
import { describeUser } from '#platform/os-user';
import { lines, type View } from '#ui/view';
import type { ChangeContext, CommandContext } from '../command.ts';

interface Input {
  dir: string;
  postgres?: number;
}

export const result = z.object({
  directory: z.string(),
  configPath: z.string(),
  state: z.enum(['created', 'started', 'already-up']),
  postgres: z.object({
    host: z.string(),
    port: z.int(),
    major: z.int(),
    source: z.enum(['configured', 'installed', 'embedded']),
    binDir: z.string(),
    runsAs: z.string(),
    userNamespace: z.boolean(),
    pid: z.int(),
  }),
  redis: z.object({ host: z.string(), port: z.int() }).nullable(),
  repositoryDirectory: z.string(),
});

type Result = z.infer<typeof result>;

export function plan(ctx: CommandContext<Input>): Promise<Plan<LabUpFacts>> {
  return planLabUp(optionsOf(ctx));
}

export async function execute(ctx: ChangeContext<Input>, { facts, steps }: Plan<LabUpFacts>): Promise<Result> {
  const options = optionsOf(ctx);
  const { place } = options;
  const onStep = async (id: string, state: 'begin' | 'done'): Promise<void> => {
    await ctx.journal.step(id, state);
  };
  const work = { ...options, facts, runId: ctx.runId, now: ctx.clock.now(), onStep };
  const { marker, server } = await bringLabUp(
    work,
    steps.map((step) => step.id),
  );
  return {
    directory: place.directory,
    configPath: place.configPath,
    state: steps.length === 0 ? 'already-up' : steps.some((step) => step.id === 'cluster') ? 'created' : 'started',
    postgres: {
      host: server.host,
      port: server.port,
      major: facts.major,
      source: facts.source,
      binDir: facts.binDir,
      runsAs: describeUser(facts.user),
      userNamespace: facts.user.userNamespace,
      pid: server.pid,
    },
    redis: marker.redis === null ? null : { host: '127.0.0.1', port: marker.redis.port },
    repositoryDirectory: place.repositoryDir,
  };
}

const stateText = { created: 'is up', started: 'is up again', 'already-up': 'was up already' } as const;

export function view({ directory, configPath, state, postgres, redis, repositoryDirectory }: Result): View {
  return lines(
    `The lab in ${directory} ${stateText[state]}.`,
    `  PostgreSQL ${postgres.major} (${postgres.source}: ${postgres.binDir})`,
    `             socket ${postgres.host}, port ${postgres.port}; runs as ${postgres.runsAs}`,
    redis === null ? '  Redis      none: redis-server was not installed when the lab was made' : `  Redis      ${redis.host}:${redis.port}`,
    `  repository ${repositoryDirectory} (a directory; \`repository init\` opens it)`,
    `  config     ${configPath}`,
    '',
    `Next: copilot-db migrate status --config ${configPath}`,
  );
}

function optionsOf(ctx: CommandContext<Input>): LabUpOptions {
  const { env, signal, home } = ctx;
  return { place: labPlace(resolve(ctx.cwd, ctx.input.dir)), major: ctx.input.postgres, home, env, signal };
}
