import { z } from 'zod';
import { OpsError } from '#kernel/errors';
import { formatBytes, formatDuration } from '#kernel/units';
import { readBase } from '#repository/catalogue';
import { baseManifestSchema, objectsOf } from '#repository/manifest';
import { lines, type View } from '#ui/view';
import type { CommandContext } from '../command.ts';
import { summarise } from './summary.ts';

export const result = z.object({ location: z.string(), manifest: baseManifestSchema });

type Shown = z.infer<typeof result>;

export async function run(ctx: CommandContext<{ label: string; repository?: string }>): Promise<Shown> {
  const repository = await ctx.repository(ctx.input.repository);
  const { label } = ctx.input;
  const manifest = await readBase(repository, label, ctx.signal);
  if (manifest !== undefined) return { location: repository.store.location, manifest };
  throw new OpsError('BACKUP_NOT_FOUND', {
    message: `There is no backup ${label} in ${repository.store.location}`,
    details: { label, location: repository.store.location },
  });
}

export function view({ location, manifest }: Shown): View {
  const summary = summarise(manifest);
  const places = manifest.tablespaces.filter((tablespace) => tablespace.location !== null);
  return lines(
    `Base backup ${manifest.label} of ${manifest.cluster}, in ${location}`,
    `  system         ${manifest.systemId}, PostgreSQL ${summary.postgresMajor} (${manifest.serverVersion})`,
    `  began          ${manifest.startTime}, ${manifest.startLsn}, ${manifest.startSegment}`,
    `  ended          ${manifest.stopTime}, ${manifest.stopLsn}, ${manifest.stopSegment}`,
    `  timeline       ${manifest.timeline}`,
    `  size           ${formatBytes(summary.rawBytes)}, ${formatBytes(summary.storedBytes)} stored, in ${formatDuration(manifest.durationMs)}`,
    `  page checksums ${manifest.pageChecksums === null ? 'unknown' : manifest.pageChecksums ? 'on' : 'off'}`,
    ...places.map(({ oid, location: path }) => `  tablespace     ${oid} at ${path}`),
    ...manifest.configFiles.map(({ path }) => `  configuration  ${path}`),
    `  by             ${manifest.createdBy.user}@${manifest.createdBy.host}, run ${manifest.runId}`,
    ...objectsOf(manifest).flatMap(({ parts }) =>
      parts.map(({ key, storedBytes }) => `  object         ${key}  ${formatBytes(storedBytes)}`),
    ),
  );
}
