import { readFile } from 'node:fs/promises';

export interface ProcessIdentity {
  pid: number;
  /** Start time in clock ticks since boot (field 22 of /proc/PID/stat); undefined when there is no such process or no /proc. */
  startTicks: string | undefined;
  bootId: string | undefined;
}

/** Tells one process from every other, also after its pid was given to a new one or the host was started again. */
export async function processIdentity(pid: number = process.pid): Promise<ProcessIdentity> {
  const [stat, bootId] = await Promise.all([
    readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined),
    readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => undefined),
  ]);
  // The program's name stands in parentheses and may hold anything; the fields after it are separated by blanks.
  const startTicks = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  return {
    pid,
    startTicks: startTicks ?? (stat === undefined && isRunningWithoutProc(pid) ? 'running' : undefined),
    bootId: bootId?.trim(),
  };
}

/** Where there is no /proc (macOS) a signal 0 at least tells that somebody has that pid. */
function isRunningWithoutProc(pid: number): boolean {
  if (process.platform === 'linux') return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
