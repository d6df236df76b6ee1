import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';

/** Somebody of this operating system. */
export interface TestUser {
  name: string;
  uid: number;
  gid: number;
}

export const isRoot = process.getuid?.() === 0;

/** Whoever runs the tests. */
export function currentTestUser(): TestUser {
  const { username, uid, gid } = userInfo();
  return { name: username, uid, gid };
}

function fromPasswd(name: string): TestUser | undefined {
  const fields = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'))
    .find((entry) => entry[0] === name);
  return fields === undefined ? undefined : { name, uid: Number(fields[2]), gid: Number(fields[3]) };
}

/** The user that Debian's PostgreSQL runs as; the one who runs the tests when they are not root, or there is none. */
export function postgresUser(): TestUser {
  return (isRoot ? fromPasswd('postgres') : undefined) ?? currentTestUser();
}

/** Somebody without any privilege or group: `nobody` when the tests are root, else whoever runs them. */
export function plainUser(): TestUser {
  return isRoot ? (fromPasswd('nobody') ?? { name: 'nobody', uid: 65_534, gid: 65_534 }) : currentTestUser();
}

/** The command that runs `command` as `user`, to be spawned; the command itself when that is who we are. */
export function asUser(user: TestUser, command: string, args: readonly string[]): { command: string; args: string[] } {
  if (user.uid === process.getuid?.()) return { command, args: [...args] };
  const identity = ['--reuid', String(user.uid), '--regid', String(user.gid), '--clear-groups', '--bounding-set=-all', '--inh-caps=-all'];
  return { command: 'setpriv', args: [...identity, '--', command, ...args] };
}
