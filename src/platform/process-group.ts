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
  while (signalGroup(groupId, 0)) {
    if (Date.now() >= deadline) {
      signalGroup(groupId, 'SIGKILL');
      return;
    }
    await sleep(15);
  }
}
