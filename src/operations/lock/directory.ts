import { mkdir, readdir, readFile, realpath, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
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

type Claim = Holder & { since: string };

const attempts = 10;

/**
 * Lock files beside the directory, so that the directory itself stays new or empty. Every run lays down a file of its own,
 * `.name.copilot-db-lock.<runId>`, and then looks for others: of two that meet at least one sees the other and withdraws, and
 * nobody ever removes a file that a living run could have made. Two that both withdrew try again after a random pause.
 * Files of dead processes and of earlier boots are removed; one of another host is never taken for dead.
 * @throws LOCK_HELD
 */
export async function takeDirectoryLock(directory: string, own: Claim): Promise<HeldLock> {
  await mkdir(dirname(directory), { recursive: true });
  const place = await realPlace(directory);
  const parent = dirname(place);
  const prefix = `.${basename(place)}.copilot-db-lock.`;
  const path = join(parent, prefix + own.runId);
  const content = JSON.stringify({ ...own, ...(await processIdentity()) } satisfies LockFile);
  for (let attempt = 1; ; attempt++) {
    await createFileExclusive(path, content, { mode: 0o600 });
    const other = await findOther(parent, prefix, own);
    if (other === undefined) return { release: () => removeIfThere(path) };
    await removeIfThere(path);
    if (attempt === attempts) throw lockHeld(`the directory ${directory}`, other);
    await sleep(Math.random() * 20 * attempt);
  }
}

/** One place for a directory whatever symbolic links lead to it: two names must not give two locks. It need not be there yet. */
async function realPlace(directory: string): Promise<string> {
  try {
    return await realpath(directory);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return join(await realpath(dirname(directory)), basename(directory));
  }
}

/** A lock of a living run, or of one that cannot be judged. Dead ones are cleared away. */
async function findOther(parent: string, prefix: string, own: Claim): Promise<LockFile | undefined> {
  const names = (await readdir(parent)).filter((name) => name.startsWith(prefix) && name !== prefix + own.runId);
  for (const name of names) {
    const lock = await readLock(join(parent, name));
    if (lock === undefined) continue;
    if (await isAlive(lock, own.host)) return lock;
    await removeIfThere(join(parent, name));
  }
  return undefined;
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

async function removeIfThere(path: string): Promise<void> {
  await unlink(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOENT') throw error;
  });
}
