import { OpsError } from '#kernel/errors';
import { readBase } from '#repository/catalogue';
import type { Repository } from '#repository/open';

/** Looked at early, so that nothing is read in vain; publishing decides. @throws BACKUP_LABEL_TAKEN */
export async function refuseTakenLabel(repository: Repository, label: string, signal: AbortSignal): Promise<void> {
  if ((await readBase(repository, label, signal)) === undefined) return;
  throw new OpsError('BACKUP_LABEL_TAKEN', { message: `There is a base backup ${label} already`, details: { label } });
}
