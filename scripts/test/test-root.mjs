// The one temporary directory below which everything that the tests start or write lives, and its end.
import { spawn } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { killProcesses, processesUnder } from './processes.mjs';

const debianClusters = '/etc/postgresql';

/** Debian keeps a cluster's configuration outside its data directory: removes those whose data is below `root`. */
export function removeDebianClusters(root) {
  if (!existsSync(debianClusters)) return;
  for (const major of readdirSync(debianClusters)) {
    for (const name of readdirSync(join(debianClusters, major))) {
      const directory = join(debianClusters, major, name);
      const conf = join(directory, 'postgresql.conf');
      if (!existsSync(conf) || !readFileSync(conf, 'utf8').includes(`data_directory = '${root}/`)) continue;
      rmSync(directory, { recursive: true, force: true });
      rmSync(`/var/run/postgresql/${major}-${name}.pid`, { force: true });
      rmSync(`/var/log/postgresql/postgresql-${major}-${name}.log`, { force: true });
    }
  }
}

/** Kills what still runs for `root` and removes it. @returns what had to be killed */
export async function sweepTestRoot(root, options) {
  const left = processesUnder(root, options);
  await killProcesses(left);
  removeDebianClusters(root);
  rmSync(root, { recursive: true, force: true, maxRetries: 5 });
  return left;
}

/**
 * Makes the root and a watchdog outside our process group, which sweeps it when we die without `close`, however we die.
 * The path is short: a socket's path holds 107 bytes.
 */
export function openTestRoot() {
  const root = mkdtempSync(join(realpathSync(tmpdir()), 'cdb-'));
  // Unprivileged server users have to pass through.
  chmodSync(root, 0o755);
  const watchdog = spawn(process.execPath, [fileURLToPath(new URL('./watchdog.mjs', import.meta.url)), root], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
    cwd: '/',
  });
  watchdog.unref();
  watchdog.stdin.unref?.();
  watchdog.stdin.on('error', () => {});
  return {
    path: root,
    /**
     * Ends the servers that the test files share (below `shared/`), then everything else.
     * @returns what else was still running: nothing should have been, and it is killed
     */
    async close(options = {}) {
      const except = [watchdog.pid];
      await killProcesses(processesUnder(join(root, 'shared'), { except }));
      const left = await sweepTestRoot(root, { ...options, except });
      watchdog.stdin.end();
      return left;
    },
  };
}
