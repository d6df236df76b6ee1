import { existsSync, realpathSync } from 'node:fs';
import type { OsUser } from './os-user.ts';

/** What a child gets when no environment is handed in: nothing of ours, and a PATH. */
export const bareEnvironment = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', LC_ALL: 'C' };

export interface Launch {
  command: string;
  args: readonly string[];
  /** For `spawn`, where no helper program changes the user. */
  uid?: number;
  gid?: number;
}

/**
 * The argument vector that starts `program` as `user`, and lets it die with us. PR_SET_PDEATHSIG is set last, because a
 * change of credentials clears it (prctl(2)); it covers SIGKILL of this process, which no handler sees.
 */
export function launchAs(
  program: string,
  args: readonly string[],
  { user, deathSignal }: { user?: OsUser | undefined; deathSignal?: NodeJS.Signals | undefined },
): Launch {
  const setpriv = helper('setpriv');
  const dieWithUs = deathSignal !== undefined && setpriv !== undefined ? ['--pdeathsig', deathSignal.replace('SIG', '')] : [];
  if (user?.userNamespace) {
    const inside = dieWithUs.length > 0 ? [setpriv as string, ...dieWithUs, '--'] : [];
    return { command: '/usr/bin/unshare', args: [...namespaceArguments, '--', ...inside, program, ...args] };
  }
  const switches = user !== undefined && user.uid !== process.getuid?.();
  if (setpriv === undefined) return { command: program, args, ...(switches ? { uid: user.uid, gid: user.gid } : {}) };
  const become = switches ? ['--reuid', String(user.uid), '--regid', String(user.gid), '--init-groups'] : [];
  const privileges = [...become, ...dieWithUs];
  return privileges.length === 0 ? { command: program, args } : { command: setpriv, args: [...privileges, '--', program, ...args] };
}

/** uid and gid 1000 inside are root outside, so files are root's and PostgreSQL does not see root. */
export const namespaceArguments = ['--user', '--map-user=1000', '--map-group=1000'] as const;

const found = new Map<string, string | undefined>();

/** util-linux only: busybox has programs of these names that lack the options. */
function helper(name: 'setpriv'): string | undefined {
  if (!found.has(name)) {
    const path = process.platform === 'linux' ? [`/usr/bin/${name}`, `/bin/${name}`].find((it) => existsSync(it)) : undefined;
    found.set(name, path === undefined || realpathSync(path).includes('busybox') ? undefined : path);
  }
  return found.get(name);
}
