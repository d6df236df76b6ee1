import { open } from 'node:fs/promises';

const maxBytes = 256 * 1024;

/** What a server wrote into its log since `offset`, for judging why it ended. At most the last 256 KiB. */
export async function readLogFrom(logPath: string, offset: number): Promise<string> {
  const file = await open(logPath, 'r').catch(() => undefined);
  if (file === undefined) return '';
  try {
    const { size } = await file.stat();
    const start = Math.max(offset, size - maxBytes);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.max(0, size - start)), 0, Math.max(0, size - start), start);
    return buffer.subarray(0, bytesRead).toString('utf8');
  } finally {
    await file.close();
  }
}

/** The lines that say why: FATAL and PANIC with what belongs to them, and what our wrapper said. */
export function decisiveLines(log: string): string[] {
  const kept: string[] = [];
  let isOpen = false;
  for (const line of log.split('\n')) {
    if (/\b(FATAL|PANIC):/.test(line)) isOpen = true;
    else if (!/\b(DETAIL|HINT|CONTEXT):/.test(line)) isOpen = false;
    if ((isOpen || line.startsWith('copilot-db-wal:')) && !/the database system is (starting up|not yet accepting)/.test(line))
      kept.push(line.trim());
  }
  return kept.slice(-20);
}

/** PostgreSQL's words for a recovery that reached its target and then did what recovery_target_action = shutdown asks. */
export function shutDownAtTarget(log: string): boolean {
  return log.includes('shutdown at recovery target');
}

/** The archive ended before a transaction after the target was met. */
export function endedBeforeTarget(log: string): boolean {
  return log.includes('recovery ended before configured recovery target was reached');
}

/** Hot standby stops, for ever, when the original's limits were raised after the base backup. */
export function pausedForSettings(log: string): boolean {
  return log.includes('because of insufficient parameter settings');
}
