import { hostname } from 'node:os';
import type { CommandContext, CommandSpec } from '#commands/command';
import type { HeldLock } from '#operations/lock/held';
import { waitForLock } from '#operations/lock/wait';

/**
 * Takes the lock that the spec names. There is no second kind to fall back to.
 * @param waitMs how long another run may take to finish
 * @throws LOCK_HELD
 */
export async function takeLock(spec: CommandSpec, context: CommandContext, waitMs: number): Promise<HeldLock> {
  const lock = spec.policy.lock;
  if (lock === undefined) throw new Error('a spec without a lock');
  const own = { runId: context.runId, host: hostname(), purpose: `copilot-db ${spec.path.join(' ')}`, since: context.clock.now() };
  const { signal } = context;
  switch (lock.kind) {
    case 'postgres': {
      const { takeAdvisoryLock } = await import('#stores/postgres/advisory-lock');
      return takeAdvisoryLock(await context.postgres(), lock.name, { waitMs, signal });
    }
    case 'repository': {
      const { takeRepositoryLock } = await import('#operations/lock/repository');
      // A command that works on another repository than the first says so by the option of this name.
      const repository = await context.repository((context.input as { repository?: string }).repository);
      return waitForLock(() => takeRepositoryLock(repository, lock.name, own, signal), { waitMs, signal });
    }
    case 'directory': {
      const { takeDirectoryLock } = await import('#operations/lock/directory');
      const directory = (context.input as Record<string, string>)[lock.input] as string;
      return waitForLock(() => takeDirectoryLock(directory, own), { waitMs, signal });
    }
  }
}
