import { messageOf, OpsError } from '#kernel/errors';
import { timelineHex, type WalFile } from '#kernel/wal-file';
import type { Repository } from '#repository/open';
import { readSystem } from '#repository/systems';
import { fetchWalFile, listTimelines, listWalFiles } from '#repository/wal-objects';
import { parseHistory } from '../windows/timeline-path.ts';

interface ProofOptions {
  env: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
}

/**
 * The last step of the proof that a file was never archived, after repository.json and the system were read and a GET said that the key
 * does not exist: the listing from its name on, which must show nothing that the file had to come before. At the end the system is read
 * once more: a file system that was unmounted meanwhile looks like an empty archive.
 * @throws WAL_GAP, WAL_LISTING_CONTRADICTS, WAL_FILE_INVALID, OBJECT_*
 */
export async function proveAbsence(repository: Repository, systemId: string, file: WalFile, options: ProofOptions): Promise<void> {
  const { signal } = options;
  let later: string | undefined;
  for await (const { file: listed } of listWalFiles(repository, { systemId, timeline: file.timeline, from: file.name }, signal)) {
    if (listed.name === file.name) throw contradicts(repository, file, 'lists it');
    // The same segment's .partial and .backup sort behind it and are no later ones.
    if (listed.kind === 'history' || (file.kind !== 'history' && listed.segment === file.segment)) continue;
    later = listed.name;
    break;
  }
  if (file.kind === 'segment') later ??= await firstOfChild(repository, systemId, file, options);
  // PostgreSQL archives a timeline's history before its WAL. Only a repository that began on this timeline may lack it.
  if (file.kind === 'history' && later !== undefined) {
    const timelines = await listTimelines(repository, systemId, signal);
    if (!timelines.some((timeline) => timeline < file.timeline)) later = undefined;
  }
  if (later !== undefined && (file.kind === 'segment' || file.kind === 'history')) throw gap(repository, file, later);
  if (!(await readSystem(repository, systemId, signal))) throw contradicts(repository, file, 'does not know its system any more');
}

/**
 * The first segment of a timeline that branched off this one, when it is a later one: all before it was WAL of this timeline. A later
 * timeline that branched off another one says nothing.
 */
async function firstOfChild(
  repository: Repository,
  systemId: string,
  file: WalFile & { kind: 'segment' | 'partial' },
  options: ProofOptions,
): Promise<string | undefined> {
  for (const timeline of await listTimelines(repository, systemId, options.signal)) {
    if (timeline <= file.timeline || (await parentOf(repository, systemId, timeline, options)) !== file.timeline) continue;
    for await (const { file: listed } of listWalFiles(repository, { systemId, timeline }, options.signal)) {
      if (listed.kind !== 'segment') continue;
      if (listed.name.slice(8) > file.name.slice(8)) return listed.name;
      break;
    }
  }
  return undefined;
}

async function parentOf(repository: Repository, systemId: string, timeline: number, options: ProofOptions): Promise<number | undefined> {
  const name = `${timelineHex(timeline)}.history`;
  const history = await fetchWalFile(repository, { systemId, name }, options);
  try {
    return history && parseHistory(history.body.toString('utf8')).at(-1)?.parent;
  } catch (error) {
    throw new OpsError('WAL_FILE_INVALID', { message: `${name} is no history of a timeline`, detail: messageOf(error), cause: error });
  }
}

function gap(repository: Repository, file: WalFile, later: string): OpsError {
  return new OpsError('WAL_GAP', {
    message: `${file.name} is missing in ${repository.store.location}, and ${later} is there`,
    details: { file: file.name, later, repository: repository.name },
  });
}

function contradicts(repository: Repository, file: WalFile, what: string): OpsError {
  return new OpsError('WAL_LISTING_CONTRADICTS', {
    message: `${repository.store.location} says that ${file.name} does not exist, and ${what}`,
    details: { file: file.name, repository: repository.name },
  });
}
