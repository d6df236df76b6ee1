import { randomFillSync } from 'node:crypto';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { segmentNumber } from '#kernel/wal-file';
import { tempDir } from './temp-dir.ts';

export const segmentBytes = 1024 ** 2;
export const systemId = '7711448655852810007';

/** A segment that looks like PostgreSQL's from outside: the long page header of 15 and random bytes. */
export function makeSegment(name: string, options: { systemId?: string; bytes?: number } = {}): Buffer {
  const bytes = options.bytes ?? segmentBytes;
  const body = randomFillSync(Buffer.alloc(bytes));
  body.writeUInt16LE(0xd110, 0);
  body.writeUInt16LE(0x0002, 2);
  body.writeUInt32LE(Number.parseInt(name.slice(0, 8), 16), 4);
  body.writeBigUInt64LE(segmentNumber(name, bytes) * BigInt(bytes), 8);
  body.writeBigUInt64LE(0n, 16);
  body.writeBigUInt64LE(BigInt(options.systemId ?? systemId), 24);
  body.writeUInt32LE(bytes, 32);
  body.writeUInt32LE(8192, 36);
  return body;
}

/** A directory with what the WAL commands look at in a data directory: pg_control and pg_wal. */
export async function makeDataDir(options: { systemId?: string } = {}): Promise<string> {
  const dataDir = await tempDir('data');
  await mkdir(join(dataDir, 'global'));
  await mkdir(join(dataDir, 'pg_wal'));
  const control = Buffer.alloc(8192);
  control.writeBigUInt64LE(BigInt(options.systemId ?? systemId), 0);
  control.writeUInt32LE(1300, 8);
  await writeFile(join(dataDir, 'global', 'pg_control'), control);
  return dataDir;
}
