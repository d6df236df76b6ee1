import { messageOf, OpsError } from '#kernel/errors';
import { runChild } from '#platform/child';
import { canEnter, describeUser, isRoot, lookUpUser, type OsUser, serverUser } from '#platform/os-user';
import { nearestExisting } from './target-directory.ts';

export interface OwnerQuestion {
  /** --owner, else `postgres.os_user`. */
  wanted: string | undefined;
  dataDir: string;
  /** What the server will have to read: the configuration, the wrapper, the repository. None when it is not started here. */
  files: readonly string[];
  signal: AbortSignal;
}

/**
 * Who owns the restored files and runs the server. A plain user: itself. Root: the wanted user; else `postgres`, when it can reach all it
 * needs; else root's own files and a server in a user namespace.
 * @throws RESTORE_OWNER_SHUT_OUT, OS_USER_UNKNOWN
 */
export async function chooseOwner(question: OwnerQuestion): Promise<OsUser> {
  const { wanted, signal } = question;
  if (!isRoot()) {
    const self = await serverUser({ signal });
    if (wanted === undefined || wanted === self.name) return self;
    throw shutOut(`Only root can give files to ${wanted}; this is ${self.name}`, self);
  }
  if (wanted === undefined) {
    const postgres = await lookUpUser('postgres', signal);
    if (postgres !== undefined && (await findObstacle(postgres, question)) === undefined) return postgres;
  }
  const user = await serverUser({ wanted, signal });
  const obstacle = await findObstacle(user, question);
  if (obstacle === undefined) return user;
  throw shutOut(`${wanted ?? user.name} cannot use ${obstacle}`, user);
}

/** The first path that the user cannot use; asked by a process of that user. */
async function findObstacle(user: OsUser, { dataDir, files, signal }: OwnerQuestion): Promise<string | undefined> {
  const place = nearestExisting(dataDir);
  try {
    if (!(await canEnter(user, place, signal))) return place;
    for (const file of files) {
      if (!(await runChild('test', ['-r', file], { user, cwd: '/', signal })).succeeded) return file;
    }
  } catch (error) {
    signal.throwIfAborted();
    throw shutOut(`Nothing can be run as ${user.name}: ${messageOf(error)}`, user);
  }
  return undefined;
}

function shutOut(message: string, user: OsUser): OpsError {
  return new OpsError('RESTORE_OWNER_SHUT_OUT', {
    message,
    detail: `The server would run as ${describeUser(user)}`,
    details: { owner: user.name },
  });
}
