import { createHash } from 'node:crypto';
import { chmod, chown, lstat, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { OpsError } from '#kernel/errors';
import type { OsUser } from './os-user.ts';

/** sockaddr_un.sun_path has 108 bytes with its final zero on Linux, 104 on macOS. */
const longestPathBytes = process.platform === 'darwin' ? 103 : 107;
const longestName = '/.s.PGSQL.65535';

/**
 * A directory for a Unix socket: the wanted one, or, where its path is too long for a socket, one below /tmp whose name
 * follows from the wanted path, so that every later command finds the same.
 */
export function socketDirectoryFor(wanted: string, user: OsUser): string {
  if (Buffer.byteLength(wanted + longestName) <= longestPathBytes) return wanted;
  const name = createHash('sha256').update(wanted).digest('hex').slice(0, 12);
  return join('/tmp', `copilot-db-${user.uid}-${name}`);
}

/**
 * Creates the directory, of the server's user alone, so that the socket needs no password: who may enter may connect.
 * @throws SERVER_START_FAILED when somebody else owns it, NodeJS.ErrnoException
 */
export async function prepareSocketDirectory(directory: string, user: OsUser): Promise<void> {
  const created = await mkdir(directory, { recursive: true, mode: 0o700 });
  const self = process.getuid?.();
  if (created !== undefined && self === 0 && user.uid !== 0) await chown(directory, user.uid, user.gid);
  const facts = await lstat(directory);
  // Below /tmp anybody could have made it first, and would then see every connection.
  if (!facts.isDirectory() || (facts.uid !== user.uid && facts.uid !== 0)) {
    throw new OpsError('SERVER_START_FAILED', {
      message: `The socket directory ${directory} belongs to another user`,
      nextSteps: [`\`ls -ld ${directory}\`, and remove it when nobody uses it`],
      details: { directory, ownerUid: facts.uid },
    });
  }
  if ((facts.mode & 0o777) !== 0o700) await chmod(directory, 0o700);
}
