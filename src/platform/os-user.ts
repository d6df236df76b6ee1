import { userInfo } from 'node:os';
import { OpsError } from '#kernel/errors';
import { runChild } from './child.ts';
import { namespaceArguments } from './launch.ts';

export interface OsUser {
  name: string;
  /** As seen outside of a user namespace: what the owner of a file is compared with. */
  uid: number;
  gid: number;
  /** Processes run in a user namespace in which root is an ordinary user (uid 1000). */
  userNamespace?: boolean;
}

export function isRoot(): boolean {
  return process.getuid?.() === 0;
}

export function currentUser(): OsUser {
  const { username, uid, gid } = userInfo();
  return { name: username, uid, gid };
}

/** undefined when the host does not know the name. Asks `id`, so that directory services count. */
export async function lookUpUser(name: string, signal: AbortSignal = AbortSignal.timeout(5000)): Promise<OsUser | undefined> {
  const uid = await runChild('id', ['-u', '--', name], { signal });
  const gid = await runChild('id', ['-g', '--', name], { signal });
  if (!uid.succeeded || !gid.succeeded) return undefined;
  return { name, uid: Number(uid.stdout), gid: Number(gid.stdout) };
}

/** @throws OS_USER_UNKNOWN */
export async function requireUser(name: string, signal: AbortSignal): Promise<OsUser> {
  const user = await lookUpUser(name, signal);
  if (user !== undefined) return user;
  throw new OpsError('OS_USER_UNKNOWN', { message: `There is no operating-system user ${name} here`, details: { user: name } });
}

/**
 * Who runs a private PostgreSQL server, which refuses to be root: a plain user itself; root as the wanted user, else in a
 * user namespace (its files stay root's), else, where namespaces are forbidden, as `postgres` or `nobody`.
 * @throws OS_USER_UNKNOWN
 */
export async function serverUser({ wanted, signal }: { wanted?: string | undefined; signal: AbortSignal }): Promise<OsUser> {
  const self = currentUser();
  if (!isRoot()) return self;
  if (wanted !== undefined && wanted !== self.name) return requireUser(wanted, signal);
  if (await allowsUserNamespace(signal)) return { ...self, userNamespace: true };
  return (await lookUpUser('postgres', signal)) ?? requireUser('nobody', signal);
}

/** Container runtimes and hardened kernels often forbid it. */
export async function allowsUserNamespace(signal: AbortSignal): Promise<boolean> {
  if (process.platform !== 'linux') return false;
  try {
    return (await runChild('/usr/bin/unshare', [...namespaceArguments, '--', '/bin/true'], { signal })).succeeded;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof OpsError) return false;
    throw error;
  }
}

/** How a user reads in a sentence. */
export function describeUser(user: OsUser): string {
  if (user.userNamespace) return 'an ordinary user inside a user namespace (PostgreSQL refuses to run as root)';
  return user.uid === process.getuid?.() ? `the user ${user.name}` : `the user ${user.name} (PostgreSQL refuses to run as root)`;
}

/** Whether `user` can enter the directory; asked by a process of that user, since rights are more than mode bits. */
export async function canEnter(user: OsUser, directory: string, signal: AbortSignal): Promise<boolean> {
  return (await runChild('test', ['-x', directory], { user, cwd: '/', signal })).succeeded;
}
