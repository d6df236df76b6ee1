import { join } from 'node:path';
import { writeFileAtomic } from './atomic-file.ts';
import type { OsUser } from './os-user.ts';

/** Only the Unix socket, which only the server's user and root can reach. */
const hostAccess = 'local all         all trust\nlocal replication all trust\n';

/**
 * Writes the configuration a private server runs with, beside the cluster's own files, which stay as they are: a restored
 * cluster of Debian has none in its data directory, and others listen on the network. postgresql.auto.conf beats the file, so
 * what must be so (`fixed`) goes on the command line, which beats both. @returns the `-c` arguments of `postgres`
 */
export async function writeServerFiles(
  configDir: string,
  options: {
    settings: Readonly<Record<string, string>>;
    fixed: Readonly<Record<string, string>>;
    hbaFile?: string | undefined;
    user: OsUser;
  },
): Promise<readonly string[]> {
  const { settings, hbaFile, user } = options;
  const owner = process.getuid?.() === 0 ? { owner: { uid: user.uid, gid: user.gid } } : {};
  const configPath = join(configDir, 'copilot-db.conf');
  const ownHbaPath = join(configDir, 'copilot-db.hba.conf');
  if (hbaFile === undefined) await writeFileAtomic(ownHbaPath, hostAccess, { mode: 0o600, ...owner });
  const text = Object.entries(settings).map(([name, value]) => `${name} = ${quoteSetting(value)}\n`);
  await writeFileAtomic(configPath, `# Written at every start by copilot-db.\n${text.join('')}`, { mode: 0o600, ...owner });
  const fixed = { config_file: configPath, hba_file: hbaFile ?? ownHbaPath, ident_file: '/dev/null', ...options.fixed };
  return Object.entries(fixed).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
}

/** A value in postgresql.conf: quotes and backslashes are doubled (guc-file.l). */
export function quoteSetting(value: string): string {
  return `'${value.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`;
}
