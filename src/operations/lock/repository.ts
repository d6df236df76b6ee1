import { takeLease } from '#repository/lease';
import type { Repository } from '#repository/open';
import { type HeldLock, lockHeld } from './held.ts';

/**
 * The lease `name` of a repository: one run on any host. A dead holder's lease is taken over only after its beat was watched
 * standing still, which costs a minute; so that is done only by those who are ready to wait.
 * @throws LOCK_HELD
 */
export async function takeRepositoryLock(
  repository: Repository,
  name: string,
  own: { runId: string; host: string; purpose: string; since: string },
  signal: AbortSignal,
): Promise<HeldLock> {
  const taken = await takeLease(repository.store, name, own, { signal, watch: true });
  if ('heldBy' in taken) throw lockHeld(`the lease \`${name}\` of repository \`${repository.name}\``, taken.heldBy);
  return taken;
}
