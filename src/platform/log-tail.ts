import { open } from 'node:fs/promises';
import { wholeLines } from './text-tail.ts';

/** The last lines of a server's log, for a message. */
export async function logTail(logPath: string, maxBytes = 2048): Promise<string> {
  const file = await open(logPath, 'r').catch(() => undefined);
  if (file === undefined) return `(no log at ${logPath})`;
  try {
    const { size } = await file.stat();
    const start = Math.max(0, size - maxBytes);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(size - start), 0, size - start, start);
    return wholeLines(buffer.subarray(0, bytesRead), start > 0);
  } finally {
    await file.close();
  }
}
