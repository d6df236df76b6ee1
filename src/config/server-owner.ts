import { stat } from 'node:fs/promises';
import { isAbsolute, join } from 'node:path';
import { isRoot, requireUser } from '#platform/os-user';
import type { Config } from './schema.ts';

/**
 * Who runs the server: `postgres.os_user`, else whoever owns its Unix socket. PostgreSQL pushes WAL as this user, so a directory
 * repository that root makes has to be this user's. undefined when we are not root and could not give it
 * away anyhow, when the server is elsewhere, and when it does not run.
 * @throws OS_USER_UNKNOWN
 */
export async function serverOwner(config: Config, signal: AbortSignal): Promise<{ uid: number; gid: number } | undefined> {
  if (!isRoot()) return undefined;
  const { os_user: name, primary } = config.postgres ?? {};
  if (name !== undefined) {
    const { uid, gid } = await requireUser(name, signal);
    return { uid, gid };
  }
  if (primary === undefined || !isAbsolute(primary.host)) return undefined;
  const socket = await stat(join(primary.host, `.s.PGSQL.${primary.port}`)).catch(() => undefined);
  return socket && { uid: socket.uid, gid: socket.gid };
}
