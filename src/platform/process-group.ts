import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

const live = new Set<number>();

/** Groups that still run when this process exits are killed; SIGKILL of this process is covered by PR_SET_PDEATHSIG. */
export function watchGroup(groupId: number): void {
  if (live.size === 0) process.on('exit', killLiveGroups);
  live.add(groupId);
}

export function forgetGroup(groupId: number): void {
  live.delete(groupId);
  if (live.size === 0) process.off('exit', killLiveGroups);
}

function killLiveGroups(): void {
  for (const groupId of live) signalGroup(groupId, 'SIGKILL');
}

/** @returns whether anything of the group is left to hear it */
export function signalGroup(groupId: number, signal: NodeJS.Signals | 0): boolean {
  try {
    process.kill(-groupId, signal);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** Asks the whole group to end, then kills what ignores it: a grandchild that keeps a pipe open would hold us for ever. */
export async function stopGroup(groupId: number, stopSignal: NodeJS.Signals, killAfterMs: number): Promise<void> {
  const deadline = Date.now() + killAfterMs;
  signalGroup(groupId, stopSignal);
  while (await hasLife(groupId)) {
    if (Date.now() >= deadline) {
      signalGroup(groupId, 'SIGKILL');
      return;
    }
    await sleep(20);
  }
}

/** Zombies count for kill(2) until their parent reaps them, which a careless init does late; they are not waited for. */
async function hasLife(groupId: number): Promise<boolean> {
  if (!signalGroup(groupId, 0)) return false;
  if (process.platform !== 'linux') return true;
  for (const entry of await readdir('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const stat = await readFile(`/proc/${entry}/stat`, 'utf8').catch(() => '');
    // The program's name stands in parentheses and may hold anything; after it come state, parent and group.
    const [state, , group] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (group === String(groupId) && state !== 'Z') return true;
  }
  return false;
}
