import { messageOf, OpsError } from '#kernel/errors';
import { timelineHex } from '#kernel/wal-file';
import type { Repository } from '#repository/open';
import { fetchWalFile, listTimelines, listWalFiles } from '#repository/wal-objects';
import type { BaseFacts } from './base-facts.ts';
import { runsOf, type SegmentRun, stretchesAlong } from './stretches.ts';
import { parseHistory, pathTo, type TimelineSwitch } from './timeline-path.ts';
import type { SystemArchive } from './walk-archive.ts';

interface ReadOptions {
  env: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
}

/**
 * The WAL of every system that has a base backup, by listing, along the way to its newest timeline. A restored copy archives
 * nothing, so the newest timeline is the one that production went on with. @throws OBJECT_*, RESTORE_WAL_MISSING
 */
export async function readArchives(repository: Repository, bases: readonly BaseFacts[], options: ReadOptions): Promise<SystemArchive[]> {
  const archives: SystemArchive[] = [];
  for (const systemId of new Set(bases.map((base) => base.systemId))) {
    const segmentBytes = bases.find((base) => base.systemId === systemId)?.segmentBytes as number;
    archives.push(await readArchive(repository, { systemId, segmentBytes }, options));
  }
  return archives;
}

async function readArchive(
  repository: Repository,
  { systemId, segmentBytes }: { systemId: string; segmentBytes: number },
  options: ReadOptions,
): Promise<SystemArchive> {
  const timelines = await listTimelines(repository, systemId, options.signal);
  const newest = timelines.at(-1) ?? 1;
  const path = pathTo(newest, await readTimelineHistory(repository, systemId, newest, options));
  const runs = new Map<number, SegmentRun[]>();
  for (const { timeline } of path) {
    const names: string[] = [];
    for await (const { file } of listWalFiles(repository, { systemId, timeline }, options.signal)) {
      if (file.kind === 'segment') names.push(file.name);
    }
    runs.set(timeline, runsOf(timeline, names, segmentBytes));
  }
  return { systemId, segmentBytes, path, stretches: stretchesAlong(path, runs, segmentBytes) };
}

/** Empty when the archive has no history of that timeline: it then has no ancestors here, as with the first. */
async function readTimelineHistory(
  repository: Repository,
  systemId: string,
  timeline: number,
  options: ReadOptions,
): Promise<TimelineSwitch[]> {
  const name = `${timelineHex(timeline)}.history`;
  const fetched = await fetchWalFile(repository, { systemId, name }, options);
  if (!fetched) return [];
  try {
    return parseHistory(fetched.body.toString('utf8'));
  } catch (error) {
    throw new OpsError('RESTORE_WAL_MISSING', {
      message: `The timeline history ${name} cannot be read`,
      detail: messageOf(error),
      details: { segment: name },
    });
  }
}
