import { isAbsolute } from 'node:path';
import { z } from 'zod';
import { executeRestore, type Restored } from '#features/recovery/restore/execute-restore';
import type { RestoreFacts } from '#features/recovery/restore/plan-restore';
import { askedBy, prepareRestore } from '#features/recovery/restore/prepare-restore';
import { drawWindows } from '#features/recovery/windows/picture';
import { readWindows } from '#features/recovery/windows/read-windows';
import type { Plan } from '#kernel/plan';
import { formatBytes, formatDuration } from '#kernel/units';
import { lines, type View } from '#ui/view';
import type { ChangeContext, CommandContext, Question } from '../command.ts';
import { type PitrInput, readRequest, surroundingsOf, targetProblem } from './request.ts';

export const result = z.object({
  dataDir: z.string(),
  /** `restored`: not started. `running`, `paused`: recovery is proven and the server is up. `stopped`: it stopped at the target, as asked. */
  state: z.enum(['restored', 'running', 'paused', 'stopped']),
  /** host is the directory of the Unix socket. */
  connection: z.object({ host: z.string(), port: z.number().int() }).nullable(),
  repository: z.string(),
  base: z.string(),
  postgresMajor: z.number().int(),
  target: z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('latest') }),
    z.object({ kind: z.literal('time'), at: z.string(), exclusive: z.boolean() }),
  ]),
  reachedLsn: z.string().nullable(),
  /** When the last transaction that was replayed ended. */
  reachedTime: z.string().nullable(),
  timeline: z.number().int().nullable(),
  /** PostgreSQL's words for where recovery stopped. */
  reason: z.string().nullable(),
  owner: z.string(),
  /** Configuration files that the backup had not and that were made. */
  madeFiles: z.array(z.string()),
  phases: z.array(z.object({ phase: z.string(), durationMs: z.number().int() })),
  sizeBytes: z.number().int(),
  storedBytes: z.number().int(),
});
type PitrResult = z.infer<typeof result>;

/** Asks for the target over the picture of what can be restored, then for the directory. */
export async function question(ctx: CommandContext<PitrInput>): Promise<Question | undefined> {
  const { input } = ctx;
  if (input.targetTime === undefined && input.latest !== true) {
    const repository = await ctx.repository(input.repository);
    const systems = await readWindows(repository, surroundingsOf(ctx, repository));
    const picture = systems.flatMap((system) => [
      ...(systems.length > 1 ? [`system ${system.systemId}`] : []),
      ...drawWindows(system, system.baseTimes),
    ]);
    return {
      input: 'targetTime',
      text: 'Restore to which moment? (a time with an offset, or `latest`)',
      picture: picture.length > 0 ? picture : ['the repository holds no base backup'],
      placeholder: systems.at(-1)?.windows.at(-1)?.to ?? 'latest',
      refuse: targetProblem,
      nextSteps: ['Give `--target-time TIME`, or `--latest`'],
    };
  }
  if (input.dataDir !== undefined) return undefined;
  return {
    input: 'dataDir',
    text: 'Into which directory? It has to be new or empty',
    refuse: (answer) => (isAbsolute(answer.trim()) ? undefined : 'an absolute path'),
  };
}

export async function plan(ctx: CommandContext<PitrInput>): Promise<Plan<RestoreFacts>> {
  const request = readRequest(ctx);
  return prepareRestore(request, surroundingsOf(ctx, await ctx.repository(ctx.input.repository)));
}

export async function execute(ctx: ChangeContext<PitrInput>, { facts }: Plan<RestoreFacts>): Promise<PitrResult> {
  const repository = await ctx.repository(ctx.input.repository);
  const configured = ctx.config.postgres?.primary.username;
  const restored = await executeRestore(facts, {
    ...surroundingsOf(ctx, repository),
    runId: ctx.runId,
    asked: askedBy(readRequest(ctx), repository),
    usernames: [...new Set([configured ?? 'postgres', 'postgres'])],
    journal: ctx.journal,
  });
  return describe(facts, restored);
}

function describe(facts: RestoreFacts, { manifest, madeFiles, recovered, phases }: Restored): PitrResult {
  return {
    dataDir: facts.dataDir,
    state: recovered?.state ?? 'restored',
    connection: recovered?.connection ?? null,
    repository: facts.repository,
    base: facts.base,
    postgresMajor: facts.postgresMajor,
    target: facts.target,
    reachedLsn: recovered?.reachedLsn ?? null,
    reachedTime: recovered?.reachedTime ?? null,
    timeline: recovered?.timeline ?? null,
    reason: recovered?.reason ?? null,
    owner: facts.owner,
    madeFiles: [...madeFiles],
    phases: [...phases],
    sizeBytes: facts.sizeBytes,
    storedBytes: manifest.tablespaces.reduce((sum, { archive }) => sum + archive.storedBytes, 0),
  };
}

export function view(restored: PitrResult): View {
  const { connection, reachedLsn, reachedTime, dataDir } = restored;
  const durationMs = restored.phases.reduce((sum, phase) => sum + phase.durationMs, 0);
  return lines(
    `${dataDir} ${stateWords[restored.state]}`,
    reachedLsn === null ? undefined : `reached    ${reachedLsn}${reachedTime === null ? '' : `, last transaction of ${reachedTime}`}`,
    restored.reason === null ? undefined : `stopped    ${restored.reason}`,
    `from       base backup ${restored.base} of repository ${restored.repository}, ${formatBytes(restored.sizeBytes)} in ${formatDuration(durationMs)}`,
    connection === null ? undefined : `connect    psql -h ${connection.host} -p ${connection.port}`,
    restored.state === 'restored' ? `recovers when PostgreSQL ${restored.postgresMajor} is started there as ${restored.owner}` : undefined,
  );
}

const stateWords = {
  restored: 'is restored and not started',
  running: 'is restored, recovered and running',
  paused: 'is restored and waits read-only at the target',
  stopped: 'is restored; the server stopped at the target',
} as const;
