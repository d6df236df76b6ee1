import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const repository = fileURLToPath(new URL('../../', import.meta.url));

function isCurrent() {
  const installed = join(repository, 'node_modules/.package-lock.json');
  return existsSync(installed) && statSync(installed).mtimeMs >= statSync(join(repository, 'package-lock.json')).mtimeMs;
}

/** `npm ci` where node_modules is absent or older than the lock file; twice, since registries hiccup. @returns whether all is there */
export function installModules(say) {
  if (isCurrent()) return true;
  say('npm ci');
  for (const _ of [1, 2]) {
    const { status } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: repository,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    if (status === 0) return true;
  }
  return false;
}
