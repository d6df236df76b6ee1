import { z } from 'zod';
import type { BackupRequest } from '#features/recovery/base/backup-request';
import { createBaseBackup } from '#features/recovery/base/create-base-backup';
import { type BackupFacts, planBaseBackup } from '#features/recovery/base/plan-base-backup';
import { OpsError } from '#kernel/errors';
import type { Plan } from '#kernel/plan';
import { formatBytes, formatDuration } from '#kernel/units';
import { isLabel } from '#repository/layout';
import { objectsOf } from '#repository/manifest';
import { lines, type View } from '#ui/view';
import type { ChangeContext, CommandContext } from '../command.ts';
import { backupSummary, summarise } from './summary.ts';

interface Input {
  label?: string;
  /** Bytes a second. */
  maxRate?: number;
  /** Milliseconds. */
  walWait: number;
  repository?: string;
}

export const result = backupSummary.extend({
  location: z.string(),
  runId: z.string(),
  startSegment: z.string(),
  stopSegment: z.string(),
  objects: z.number().int(),
});

type Created = z.infer<typeof result>;

export async function plan(ctx: CommandContext<Input>): Promise<Plan<BackupFacts>> {
  return planBaseBackup(await ctx.postgres(), await ctx.repository(ctx.input.repository), requestOf(ctx), ctx.signal);
}

export async function execute(ctx: ChangeContext<Input>): Promise<Created> {
  const repository = await ctx.repository(ctx.input.repository);
  const { reporter, signal, env, version, journal } = ctx;
  const manifest = await createBaseBackup(
    {
      sql: await ctx.postgres(),
      repository,
      reporter,
      signal,
      env,
      toolVersion: version,
      step: (id, state) => journal.step(id, state),
      assertLocked: () => ctx.assertLocked(),
    },
    requestOf(ctx),
  );
  return {
    ...summarise(manifest),
    location: repository.store.location,
    runId: manifest.runId,
    startSegment: manifest.startSegment,
    stopSegment: manifest.stopSegment,
    objects: objectsOf(manifest).length,
  };
}

export function view(created: Created): View {
  return lines(
    `Base backup ${created.label} is in ${created.location}`,
    `  ${formatBytes(created.rawBytes)} read, ${formatBytes(created.storedBytes)} stored, in ${formatDuration(created.durationMs)}`,
    `  timeline ${created.timeline}, ${created.startLsn} to ${created.stopLsn}; restorable to any time after ${created.stopTime}`,
  );
}

/** @throws USAGE_INVALID */
function requestOf({ input, runId }: CommandContext<Input>): BackupRequest {
  const { label, maxRate, walWait } = input;
  if (label !== undefined && !isLabel(label)) {
    throw new OpsError('USAGE_INVALID', {
      message: `--label "${label}" cannot be used`,
      detail: 'a label is a time, 20261123T020000Z',
      nextSteps: ['Leave out --label, and the server gives the time'],
    });
  }
  const maxRateKilobytes = maxRate === undefined ? undefined : Math.floor(maxRate / 1024);
  // The server's own limits for MAX_RATE.
  if (maxRateKilobytes !== undefined && (maxRateKilobytes < 32 || maxRateKilobytes > 1_048_576)) {
    throw new OpsError('USAGE_INVALID', {
      message: `--max-rate ${maxRate} cannot be used`,
      nextSteps: ['Give --max-rate from 32KiB to 1GiB a second'],
    });
  }
  return { runId, label, maxRateKilobytes, walWaitMs: walWait };
}
