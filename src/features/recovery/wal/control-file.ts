import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, OpsError } from '#kernel/errors';

/** PG_CONTROL_VERSION of PostgreSQL 13 to 16, of 17 and of 18; each was read from a control file of its initdb. */
const knownVersions: ReadonlySet<number> = new Set([1300, 1700, 1800]);

/**
 * The system identifier of a data directory: the first eight bytes of `global/pg_control`, followed by the version of the file.
 * @throws WAL_SYSTEM_UNKNOWN when the file is not there, too short, or of a PostgreSQL that is not known
 */
export async function readSystemId(dataDir: string): Promise<string> {
  const path = join(dataDir, 'global', 'pg_control');
  const bytes = await readStart(path, 12);
  const little = knownVersions.has(bytes.readUInt32LE(8));
  const version = little ? bytes.readUInt32LE(8) : bytes.readUInt32BE(8);
  const systemId = little ? bytes.readBigUInt64LE(0) : bytes.readBigUInt64BE(0);
  if (knownVersions.has(version) && systemId !== 0n) return systemId.toString();
  throw new OpsError('WAL_SYSTEM_UNKNOWN', {
    message: `${path} is not the control file of PostgreSQL 15 to 18`,
    details: { path, version },
  });
}

async function readStart(path: string, lengthBytes: number): Promise<Buffer> {
  try {
    const file = await open(path, 'r');
    try {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(lengthBytes), 0, lengthBytes, 0);
      if (bytesRead === lengthBytes) return buffer;
      throw new Error(`it has only ${bytesRead} bytes`);
    } finally {
      await file.close();
    }
  } catch (error) {
    throw new OpsError('WAL_SYSTEM_UNKNOWN', {
      message: `The system identifier cannot be read from ${path}`,
      detail: messageOf(error),
      details: { path },
      cause: error,
    });
  }
}
