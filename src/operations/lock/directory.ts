import { mkdir, readFile, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { createFileExclusive } from '#platform/atomic-file';
import { processIdentity } from '#platform/process-identity';
import { type HeldLock, type Holder, lockHeld } from './held.ts';

interface LockFile extends Holder {
  pid: number;
  /** Tells a process from a later one with the same pid; undefined where the system does not say. */
  startTicks: string | undefined;
  /** Changes with every boot of the host. */
  bootId: string | undefined;
}

/**
 * A lock file beside the directory (`.name.copilot-db-lock`), so that the directory itself stays new or empty.
 * A file whose process is gone, or that is of an earlier boot, is taken over; one of another host never is.
 * @throws LOCK_HELD
 */
export async function takeDirectoryLock(
  directory: string,
  own: { runId: string; host: string; purpose: string; since: string },
): Promise<HeldLock> {
  const path = join(dirname(directory), `.${basename(directory)}.copilot-db-lock`);
  await mkdir(dirname(directory), { recursive: true });
  const identity = await processIdentity();
  const content = JSON.stringify({ ...own, ...identity } satisfies LockFile);
  for (let attempt = 0; attempt < 3; attempt++) {
    if ((await createFileExclusive(path, content, { mode: 0o600 })) === 'created') return { release: () => release(path, own.runId) };
    const holder = await readLock(path);
    if (holder === undefined) continue;
    if (await isAlive(holder, own.host)) throw lockHeld(`the directory ${directory}`, holder);
    await release(path, holder.runId);
  }
  const holder = await readLock(path);
  throw lockHeld(`the directory ${directory}`, holder ?? { runId: 'unknown', host: own.host, purpose: 'unknown' });
}

async function isAlive(holder: LockFile, host: string): Promise<boolean> {
  if (holder.host !== host) return true;
  const current = await processIdentity(holder.pid);
  if (holder.bootId !== undefined && current.bootId !== undefined && holder.bootId !== current.bootId) return false;
  if (holder.startTicks !== undefined) return holder.startTicks === current.startTicks;
  return current.startTicks !== undefined;
}

async function readLock(path: string): Promise<LockFile | undefined> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as LockFile;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Removes the file only while it is still that run's. */
async function release(path: string, runId: string): Promise<void> {
  const holder = await readLock(path);
  if (holder?.runId === runId) await unlink(path);
}
