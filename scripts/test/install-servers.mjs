// Brings the real servers of the tests to a Debian 12 machine. Node built-ins only: this runs before `npm ci`.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { withoutServiceStarts } from './without-service-starts.mjs';

const createClusterConf = '/etc/postgresql-common/createcluster.conf';

/** A package, and what must be there for it to count as installed: a program on PATH or sbin, or a file. */
const needed = [
  { package: 'postgresql-15', proof: ['/usr/lib/postgresql/15/bin/postgres', '/usr/share/postgresql/15/extension/amcheck.control'] },
  { package: 'postgresql-client-15', proof: ['/usr/lib/postgresql/15/bin/pg_dump'] },
  { package: 'postgresql-common', proof: ['pg_createcluster', 'pg_ctlcluster', 'pg_dropcluster'] },
  { package: 'redis-server', proof: ['redis-server', 'redis-cli'] },
  { package: 'ceph-mon', proof: ['ceph-mon', 'monmaptool', 'ceph', 'ceph-authtool'] },
  { package: 'ceph-osd', proof: ['ceph-osd'] },
  { package: 'radosgw', proof: ['radosgw', 'radosgw-admin'] },
  { package: 'zstd', proof: ['zstd'] },
  { package: 'age', proof: ['age', 'age-keygen'] },
  { package: 'util-linux', proof: ['setpriv', 'unshare'] },
  { package: 'openssl', proof: ['openssl'] },
];

const directories = [...(process.env.PATH ?? '').split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin', '/usr/bin', '/bin'].filter(
  Boolean,
);

function isThere(proof) {
  const candidates = proof.startsWith('/') ? [proof] : directories.map((directory) => join(directory, proof));
  return candidates.some((path) => {
    try {
      accessSync(path, proof.startsWith('/') ? constants.R_OK : constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Names of the Debian packages that are missing, in install order. */
export function missingPackages() {
  return needed.filter((entry) => !entry.proof.every(isThere)).map((entry) => entry.package);
}

function isDebian12() {
  const release = existsSync('/etc/os-release') ? readFileSync('/etc/os-release', 'utf8') : '';
  return /^ID=debian$/m.test(release) && /^VERSION_ID="?12"?$/m.test(release);
}

function aptGet(args) {
  const result = spawnSync('apt-get', ['-qq', '-o', 'DPkg::Lock::Timeout=600', '-o', 'Acquire::Retries=2', ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', NEEDRESTART_SUSPEND: '1', LC_ALL: 'C' },
  });
  const output = `${result.stdout ?? ''}${result.stderr ?? ''}${result.error ? `${result.error.message}\n` : ''}`;
  return { ok: result.status === 0, tail: output.trimEnd().split('\n').slice(-25).join('\n') };
}

function install(packages) {
  // The Debian package would otherwise make a cluster "main" that no test uses.
  if (!existsSync(createClusterConf)) {
    mkdirSync(dirname(createClusterConf), { recursive: true });
    writeFileSync(createClusterConf, 'create_main_cluster = false\n');
  }
  const update = [aptGet(['update'])];
  if (!update[0].ok) update.push(aptGet(['update']));
  const result = withoutServiceStarts(() =>
    aptGet(['install', '--yes', '--no-install-recommends', '-o', 'Dpkg::Options::=--force-confold', '-o', 'Dpkg::Use-Pty=0', ...packages]),
  );
  if (result.ok) return undefined;
  return [...update.filter((attempt) => !attempt.ok).map((attempt) => attempt.tail), result.tail].join('\n');
}

/**
 * Installs what is missing. Nothing is reinstalled and no service is started.
 * @returns 'ready', or 'cannot' (this machine is for a person to prepare), or 'failed'; both have been explained on stderr
 */
export function installServers(say) {
  const missing = missingPackages();
  if (missing.length === 0) return 'ready';
  const command = `apt-get install --no-install-recommends ${missing.join(' ')}`;
  if (!isDebian12() || process.getuid?.() !== 0) {
    const why = isDebian12() ? 'installing them needs root' : 'this machine is not Debian 12';
    process.stderr.write(
      `The tests run against real servers. Missing here, by the names of Debian 12's packages:\n\n  ${missing.join('\n  ')}\n\n` +
        `They are not installed automatically: ${why}. On Debian 12, as root:\n\n  ${command}\n\nthen run the same command again.\n`,
    );
    return 'cannot';
  }
  say(`Installing ${missing.join(', ')}`);
  const problem = install(missing);
  const still = missingPackages();
  if (problem === undefined && still.length === 0) return 'ready';
  process.stderr.write(`${problem ?? ''}\nStill missing after "${command}": ${still.join(', ') || 'nothing, but apt-get failed'}\n`);
  return 'failed';
}
