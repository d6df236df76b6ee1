import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RestoreRequest, RestoreSurroundings } from '#features/recovery/restore/prepare-restore';
import type { TargetAction } from '#features/recovery/restore/recovery-settings';
import type { RestoreTarget } from '#features/recovery/restore/restore-target';
import { OpsError } from '#kernel/errors';
import { parseMoment } from '#kernel/time';
import type { CommandContext } from '../command.ts';

export interface PitrInput {
  targetTime?: string;
  latest?: boolean;
  before?: boolean;
  dataDir?: string;
  start?: boolean;
  base?: string;
  owner?: string;
  targetAction?: TargetAction;
  repository?: string;
}

/** The words of the command line as one request. @throws USAGE_INVALID, USAGE_MISSING */
export function readRequest({ input, config }: CommandContext<PitrInput>): RestoreRequest {
  const action = input.targetAction ?? 'promote';
  const target = readTarget(input);
  if (target.kind === 'latest' && action !== 'promote') {
    throw new OpsError('USAGE_INVALID', {
      message: `--target-action ${action} needs a target: PostgreSQL always opens at the end of the archive`,
      nextSteps: ['Leave out --target-action, or give --target-time'],
    });
  }
  if (input.dataDir === undefined)
    throw new OpsError('USAGE_MISSING', { message: '--data-dir is missing', nextSteps: ['Give --data-dir'] });
  return {
    target,
    action,
    dataDir: input.dataDir.replace(/(?<=.)\/+$/, ''),
    start: input.start ?? false,
    label: input.base,
    owner: input.owner ?? config.postgres?.os_user,
  };
}

/** The operator's answer for a target: a moment, or the word `latest`. */
export function targetProblem(answer: string): string | undefined {
  if (answer.trim() === 'latest' || typeof parseMoment(answer) === 'string') return undefined;
  return 'a time with an offset, such as 2026-11-23T17:55:00Z, or the word latest';
}

export function surroundingsOf(ctx: CommandContext<PitrInput>, repository: RestoreSurroundings['repository']): RestoreSurroundings {
  return {
    repository,
    wrapper: join(ctx.home, 'bin', 'copilot-db-wal'),
    configPath: ctx.configPath ?? '',
    binDir: ctx.config.postgres?.bin_dir,
    temporaryRoot: ctx.env.TMPDIR ?? tmpdir(),
    clock: ctx.clock,
    reporter: ctx.reporter,
    env: ctx.env,
    signal: ctx.signal,
  };
}

function readTarget({ targetTime, latest = false, before = false }: PitrInput): RestoreTarget {
  const answer = targetTime?.trim();
  if (latest && answer !== undefined) throw clash('--latest and --target-time exclude each other');
  if (latest || answer === 'latest') {
    if (before) throw clash('--before needs --target-time: the end of the archive has no moment to leave out');
    return { kind: 'latest' };
  }
  if (answer === undefined) {
    throw new OpsError('USAGE_MISSING', { message: 'The target is missing', nextSteps: ['Give --target-time TIME', 'or --latest'] });
  }
  const at = parseMoment(answer);
  if (typeof at !== 'string') throw clash(`"${answer}" is not ${targetProblem(answer)}`);
  return { kind: 'time', at, exclusive: before };
}

function clash(message: string): OpsError {
  return new OpsError('USAGE_INVALID', { message, nextSteps: ['`copilot-db restore pitr --help`'] });
}
