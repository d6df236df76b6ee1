import { setTimeout as sleep } from 'node:timers/promises';
import { listListeners, type ProcessEntry, processesUnder } from '../../scripts/test/processes.mjs';

/** What a test looks at when nothing may be left: processes that work in `directory` or name it, and their listening TCP ports. */
export function leftIn(directory: string): { processes: ProcessEntry[]; ports: number[] } {
  const processes = processesUnder(directory);
  const pids = new Set(processes.map((entry) => entry.pid));
  const ports = listListeners().filter((entry) => pids.has(entry.pid));
  return { processes, ports: ports.map((entry) => entry.port) };
}

/** Waits until nothing is left in `directory`. @returns the command lines of what still is after `waitMs` */
export async function leftAfter(directory: string, waitMs: number): Promise<string[]> {
  const deadline = Date.now() + waitMs;
  while (leftIn(directory).processes.length > 0 && Date.now() < deadline) await sleep(50);
  return leftIn(directory).processes.map((entry) => entry.commandLine);
}
