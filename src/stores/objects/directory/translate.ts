import { isOpsError, messageOf, OpsError } from '#kernel/errors';

const unavailable = new Set(['EIO', 'ESTALE', 'ETIMEDOUT', 'EHOSTDOWN', 'ENXIO', 'EMFILE', 'ENFILE', 'ENOMEM']);

/** An error of the file system in the words of the catalogue. Errors that are ours already pass. */
export function translateFileError(error: unknown, tried: string): unknown {
  if (isOpsError(error)) return error;
  const code = codeOf(error);
  if (code === undefined) return error;
  const init = { detail: messageOf(error), cause: error };
  if (code === 'ENOSPC' || code === 'EDQUOT') return new OpsError('OBJECT_STORE_FULL', { message: `${tried}: no space left`, ...init });
  if (code === 'EACCES' || code === 'EPERM')
    return new OpsError('OBJECT_ACCESS_DENIED', { message: `${tried}: permission denied`, ...init });
  if (code === 'EROFS') return new OpsError('OBJECT_ACCESS_DENIED', { message: `${tried}: the file system is read-only`, ...init });
  if (code === 'ENOENT') return new OpsError('OBJECT_NOT_FOUND', { message: `${tried}: not there`, ...init });
  if (unavailable.has(code)) return new OpsError('OBJECT_STORE_UNAVAILABLE', { message: `${tried}: ${code}`, ...init });
  return new OpsError('OBJECT_STORE_UNSUITABLE', { message: `${tried}: ${code}`, ...init });
}

/** The system's name of a failure: ENOENT, EEXIST. */
export function codeOf(error: unknown): string | undefined {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' && /^E[A-Z0-9]+$/.test(code) ? code : undefined;
}

/** Runs a step of file work; whatever fails becomes an OBJECT_* error that says what was tried. */
export async function fileWork<T>(tried: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw translateFileError(error, tried);
  }
}
