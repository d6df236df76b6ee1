import { setTimeout as sleep } from 'node:timers/promises';
import { readFileIfThere } from './atomic-file.ts';
import { runsOn } from './postmaster.ts';

/** The process of a pid file that really works in `directory`; undefined when it is gone, whoever has its number now. */
export async function readPidFile(path: string, directory: string): Promise<number | undefined> {
  const pid = Number.parseInt((await readFileIfThere(path))?.toString('utf8') ?? '', 10);
  return Number.isInteger(pid) && pid > 0 && (await runsOn(pid, directory)) ? pid : undefined;
}

/** Asks a process that works in `directory` to end and waits; after `killAfterMs` it is killed. */
export async function endProcess(pid: number, directory: string, killAfterMs: number): Promise<void> {
  const deadline = Date.now() + killAfterMs;
  process.kill(pid, 'SIGTERM');
  let killed = false;
  while (await runsOn(pid, directory)) {
    if (!killed && Date.now() >= deadline) {
      process.kill(pid, 'SIGKILL');
      killed = true;
    }
    await sleep(20);
  }
}
