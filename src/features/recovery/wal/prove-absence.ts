import { OpsError } from '#kernel/errors';
import type { WalFile } from '#kernel/wal-file';
import type { Repository } from '#repository/open';
import { listWalFiles } from '#repository/wal-objects';

/**
 * The last step of the proof that a file was never archived, after repository.json and the system were read and a GET said that the key
 * does not exist: the listing from its name on. For a segment, anything of a later segment on this timeline shows that the archive goes on
 * behind it. A later timeline's history says nothing about an earlier one.
 * @throws WAL_GAP, WAL_LISTING_CONTRADICTS, OBJECT_*
 */
export async function proveAbsence(repository: Repository, systemId: string, file: WalFile, signal: AbortSignal): Promise<void> {
  for await (const { file: listed } of listWalFiles(repository, { systemId, timeline: file.timeline, from: file.name }, signal)) {
    if (listed.name === file.name) {
      throw new OpsError('WAL_LISTING_CONTRADICTS', {
        message: `${repository.store.location} lists ${file.name} and says that it does not exist`,
        details: { file: file.name, repository: repository.name },
      });
    }
    if (file.kind !== 'segment') return;
    // The same segment's .partial and .backup sort behind it and are no later ones.
    if (listed.kind === 'history' || listed.segment === file.name) continue;
    throw new OpsError('WAL_GAP', {
      message: `${file.name} is missing in ${repository.store.location}, and ${listed.name} is there`,
      details: { file: file.name, later: listed.name, repository: repository.name },
    });
  }
}
