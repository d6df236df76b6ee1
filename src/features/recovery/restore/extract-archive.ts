import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { isOpsError, messageOf, OpsError } from '#kernel/errors';
import { type Child, spawnChild } from '#platform/child';
import type { OsUser } from '#platform/os-user';
import type { Repository } from '#repository/open';
import { readObject } from '#repository/read-object';
import type { StoredObject } from '#repository/stored-object';
import { screenArchive } from './screen-archive.ts';

export interface ExtractOptions {
  repository: Repository;
  archive: StoredObject;
  directory: string;
  user: OsUser;
  onProgress: (rawBytes: number) => void;
  env: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
}

/**
 * Streams the archive through every check into the system's tar, which runs as the user who shall own the files. What was
 * extracted counts only when this resolves: the last check is at the archive's last byte.
 * @throws RESTORE_OBJECT_DAMAGED, RESTORE_ARCHIVE_UNSAFE, RESTORE_EXTRACT_FAILED, BINARY_MISSING, OBJECT_* of a store that fails
 */
export async function extractArchive(options: ExtractOptions): Promise<void> {
  const { archive, directory, user, env, signal } = options;
  // -o: the archive names its owner `postgres`, who may be somebody else here or nobody. -p: the modes are PostgreSQL's.
  const tar = spawnChild('tar', ['-x', '-p', '-o', '-f', '-', '-C', directory], {
    env: { PATH: env.PATH, LC_ALL: 'C' },
    stdin: 'pipe',
    user,
    cwd: '/',
    signal,
  });
  tar.stdout.resume();
  try {
    const source = readObject(options.repository, archive, { env, signal });
    const screened = Readable.from(screenArchive(source, { archive: archive.name, onProgress: options.onProgress }), { objectMode: false });
    await feed(screened, tar, directory);
  } catch (error) {
    await tar.stop();
    signal.throwIfAborted();
    throw damaged(error, archive.name);
  }
}

/** A tar that ends before its archive does says why; the broken pipe it leaves is only the echo. */
async function feed(source: Readable, tar: Child, directory: string): Promise<void> {
  let failure: unknown;
  await pipeline(source, tar.stdin as Writable).catch((error: unknown) => {
    failure = error;
  });
  if (failure !== undefined && !isBrokenPipe(failure)) throw failure;
  const exit = await tar.done;
  if (exit.succeeded && failure === undefined) return;
  throw new OpsError('RESTORE_EXTRACT_FAILED', {
    message: `Tar could not extract into ${directory}`,
    detail: exit.stderrTail || messageOf(failure ?? `it ended with ${exit.code ?? exit.signal}`),
    details: { directory, exitCode: exit.code },
  });
}

function isBrokenPipe(error: unknown): boolean {
  return ['EPIPE', 'ERR_STREAM_PREMATURE_CLOSE', 'ECONNRESET'].includes((error as NodeJS.ErrnoException).code ?? '');
}

/** What the repository says about an object becomes what it means for a restore; the store being away stays what it is. */
export function damaged(error: unknown, name: string): unknown {
  if (!isOpsError(error, 'OBJECT_CORRUPT', 'OBJECT_TRUNCATED', 'OBJECT_NOT_FOUND', 'OBJECT_TOO_LARGE')) return error;
  return new OpsError('RESTORE_OBJECT_DAMAGED', {
    message: `${name} of the base backup cannot be restored: ${error.message}`,
    detail: 'No server can start in the directory: it has no global/pg_control',
    details: { object: name, code: error.code, ...error.details },
    cause: error,
  });
}
