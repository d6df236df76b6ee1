import { randomBytes } from 'node:crypto';
import { link, open, readFile, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { OpsError } from '#kernel/errors';

export interface FileOptions {
  /** Exactly this, whatever the umask; 0o644 unless told. */
  mode?: number;
  owner?: { uid: number; gid: number };
}

/** Replaces a file as a whole: a reader sees the old or the new content, also after a crash. @throws NodeJS.ErrnoException */
export async function writeFileAtomic(path: string, data: string | Uint8Array, options: FileOptions = {}): Promise<void> {
  const temporary = await writeTemporary(path, data, options);
  try {
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  await syncDirectory(dirname(path));
}

/**
 * Creates a file with its whole content, or finds it there: link(2) has exactly one winner. Durable in both cases.
 * @throws FILE_LINKS_UNSUPPORTED, NodeJS.ErrnoException
 */
export async function createFileExclusive(
  path: string,
  data: string | Uint8Array,
  options: FileOptions = {},
): Promise<'created' | 'exists'> {
  const temporary = await writeTemporary(path, data, options);
  try {
    await link(temporary, path);
    return 'created';
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code ?? '';
    if (code === 'EEXIST') return 'exists';
    if (noHardLinks.has(code)) throw linksUnsupported(dirname(path), error);
    throw error;
  } finally {
    await rm(temporary, { force: true });
    await syncDirectory(dirname(path));
  }
}

/** link(2): EPERM is "the file system does not support hard links"; network and FUSE mounts answer the others. */
const noHardLinks: ReadonlySet<string> = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK']);

function linksUnsupported(directory: string, cause: unknown): OpsError {
  return new OpsError('FILE_LINKS_UNSUPPORTED', {
    message: `The file system of ${directory} has no hard links`,
    details: { directory },
    cause,
  });
}

/** Makes names in a directory durable. @throws NodeJS.ErrnoException */
export async function syncDirectory(path: string): Promise<void> {
  const directory = await open(path, 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

/** undefined when there is no such file. @throws NodeJS.ErrnoException for all else */
export async function readFileIfThere(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Names of files that a crash may leave behind: they start with a dot and end in `.tmp`. */
async function writeTemporary(path: string, data: string | Uint8Array, { mode = 0o644, owner }: FileOptions): Promise<string> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomBytes(6).toString('hex')}.tmp`);
  const file = await open(temporary, 'wx', 0o600);
  try {
    await file.writeFile(data);
    await file.chmod(mode);
    if (owner !== undefined) await file.chown(owner.uid, owner.gid);
    await file.sync();
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  } finally {
    await file.close();
  }
  return temporary;
}
