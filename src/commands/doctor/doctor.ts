import { readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import type { Config } from '#config/schema';
import { type Area, areas, type CheckResult } from '#features/health/check';
import { runChecks } from '#features/health/run-checks';
import { readServerState, type ServerState, type Subject } from '#features/health/subject';
import { checksFor } from '#features/health/table';
import { OpsError } from '#kernel/errors';
import type { ExitName } from '#kernel/exit-codes';
import { table, type View } from '#ui/view';
import type { CommandContext } from '../command.ts';

/** For all that does not wait for the archiver. */
const lookMs = 15_000;

interface Input {
  area?: Area[];
  walWait: number;
}

export const result = z.object({
  checks: z.array(
    z.object({
      id: z.string(),
      area: z.enum(areas),
      status: z.enum(['ok', 'warning', 'failed', 'unknown']),
      evidence: z.string(),
      impact: z.string().nullable(),
      fix: z.string().nullable(),
    }),
  ),
});

type Result = { checks: CheckResult[] };

export async function run(ctx: CommandContext<Input>): Promise<Result> {
  const subject = await subjectOf(ctx);
  return { checks: await runChecks(checksFor(subject, ctx.input.area ?? []), subject, lookMs + subject.walWaitMs) };
}

/** What is unknown is no good news either. */
export function exit({ checks }: Result): ExitName {
  return checks.every(({ status }) => status === 'ok') ? 'ok' : 'findings';
}

export function view({ checks }: Result): View {
  const notOk = checks.filter(({ status }) => status !== 'ok');
  const advice = checks.flatMap(({ id, status, impact, fix }) =>
    impact === null && fix === null
      ? []
      : [
          '',
          `${status === 'ok' ? 'note' : status}: ${id}`,
          ...(impact === null ? [] : [`  ${impact}`]),
          ...(fix === null ? [] : [`  fix: ${fix}`]),
        ],
  );
  return table(
    checks,
    [
      { title: 'status', value: (check) => check.status },
      { title: 'check', value: (check) => check.id },
      { title: 'evidence', value: (check) => check.evidence },
      { title: 'fix', value: (check) => check.fix, isForScripts: true },
    ],
    {
      empty: 'there is nothing to check in these areas of the configuration',
      after: [...advice, '', notOk.length === 0 ? `${checks.length} checks, all ok` : `${checks.length} checks, ${notOk.length} not ok`],
    },
  );
}

async function subjectOf(ctx: CommandContext<Input>): Promise<Subject> {
  const { config, configPath, cwd } = ctx;
  if (configPath === undefined)
    throw new OpsError('CONFIG_NOT_FOUND', { message: '`copilot-db doctor` needs a configuration, and there is none' });
  let state: Promise<ServerState> | undefined;
  const server = () => {
    state ??= ctx.postgres().then(readServerState);
    return state;
  };
  const text = await readFile(configPath, 'utf8');
  return {
    configPath,
    secretFiles: secretFiles(config).map(({ setting, path }) => ({ setting, path: resolve(cwd, path) })),
    configHoldsSecret: secretValues(config).some((value) => text.includes(value)),
    postgres: config.postgres ? { client: () => ctx.postgres(), server, binDir: config.postgres.bin_dir } : undefined,
    repositories: repositoryNames(config).map((name) => ({ name, open: () => ctx.repository(name) })),
    wrapper: join(ctx.home, 'bin', 'copilot-db-wal'),
    rpoMinutes: config.disaster_recovery?.rpo_minutes ?? defaultRpoMinutes,
    walWaitMs: ctx.input.walWait,
    clock: ctx.clock,
    runId: ctx.runId,
    env: ctx.env,
    signal: ctx.signal,
  };
}

/** As in the schema, where the section is there but the value is not. */
const defaultRpoMinutes = 60;

/** The seed's one place is called main. */
function repositoryNames({ backup }: Config): string[] {
  if (backup?.repositories) return backup.repositories.map(({ name }) => name);
  return backup?.postgres?.s3 ? ['main'] : [];
}

function secretFiles({ postgres, redis, backup }: Config): { setting: string; path: string }[] {
  const named = [
    { setting: 'postgres.primary.password_file', path: postgres?.primary.password_file },
    { setting: 'redis.password_file', path: redis?.password_file },
    ...(backup?.repositories ?? []).map(({ name, s3 }) => ({
      setting: `backup.repositories.${name}.secret_access_key_file`,
      path: s3?.secret_access_key_file,
    })),
    { setting: 'backup.postgres.s3.secret_access_key_file', path: backup?.postgres?.s3?.secret_access_key_file },
  ];
  return named.flatMap(({ setting, path }) => (path === undefined ? [] : [{ setting, path }]));
}

/** Only those that stand in the file itself matter for its mode; from the environment they do not. */
function secretValues({ postgres, redis, qdrant, backup }: Config): string[] {
  const s3 = [...(backup?.repositories ?? []).map((repository) => repository.s3), backup?.postgres?.s3];
  const values = [postgres?.primary.password, redis?.password, qdrant?.api_key, ...s3.map((it) => it?.secret_access_key)];
  return values.filter((value) => value !== undefined && value !== '') as string[];
}
