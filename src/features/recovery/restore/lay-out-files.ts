import { chmod, chown, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { messageOf, OpsError } from '#kernel/errors';
import { syncDirectory, writeFileAtomic } from '#platform/atomic-file';
import type { OsUser } from '#platform/os-user';
import { quoteSetting } from '#platform/server-files';
import type { BaseManifest } from '#repository/manifest';
import type { Repository } from '#repository/open';
import { readObjectBuffer } from '#repository/read-object';
import { damaged } from './extract-archive.ts';
import { ownership } from './marker.ts';
import { controlFile, heldControlFile } from './screen-archive.ts';

const configFolder = 'copilot-db.config';
const maxManifestBytes = 1024 ** 3;
const maxConfigBytes = 16 * 1024 ** 2;

/** Creates the data directory for its user, mode 0700 as PostgreSQL demands. @throws RESTORE_DIRECTORY_UNUSABLE */
export async function createDataDirectory(dataDir: string, user: OsUser): Promise<void> {
  try {
    await mkdir(dataDir, { recursive: true, mode: 0o700 });
    await chmod(dataDir, 0o700);
    if (user.uid !== process.getuid?.()) await chown(dataDir, user.uid, user.gid);
    await syncDirectory(dirname(dataDir));
  } catch (error) {
    throw new OpsError('RESTORE_DIRECTORY_UNUSABLE', {
      message: `${dataDir} cannot be made ready`,
      detail: messageOf(error),
      details: { dataDir },
    });
  }
}

interface LayOut {
  repository: Repository;
  manifest: BaseManifest;
  dataDir: string;
  user: OsUser;
  env: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
}

/** The server's own manifest, for pg_verifybackup. @throws RESTORE_OBJECT_DAMAGED */
export async function writeBackupManifest({ repository, manifest, dataDir, user, ...io }: LayOut): Promise<void> {
  const body = await read(repository, manifest.backupManifest, { maxBytes: maxManifestBytes, ...io });
  await writeFileAtomic(join(dataDir, 'backup_manifest'), body, { mode: 0o600, ...ownership(user) });
}

/**
 * Debian keeps the configuration outside of the data directory, so that the backup has none and no server could start. Then the kept files
 * are laid into a folder to be read, and a small configuration that listens nowhere is made. @returns the files that were made
 */
export async function writeMissingConfig({ repository, manifest, dataDir, user, ...io }: LayOut): Promise<string[]> {
  const there = new Set(await readdir(dataDir));
  const made: string[] = [];
  const write = async (name: string, body: string | Buffer): Promise<void> => {
    await writeFileAtomic(join(dataDir, name), body, { mode: 0o600, ...ownership(user) });
    made.push(name);
  };
  const kept = new Map<string, Buffer>();
  for (const { path, object } of manifest.configFiles) kept.set(path, await read(repository, object, { maxBytes: maxConfigBytes, ...io }));
  if (kept.size > 0) {
    await mkdir(join(dataDir, configFolder), { mode: 0o700 });
    if (user.uid !== process.getuid?.()) await chown(join(dataDir, configFolder), user.uid, user.gid);
    for (const [index, body] of [...kept.values()].entries())
      await write(join(configFolder, basename(manifest.configFiles[index]?.object.name ?? `${index}`)), body);
  }
  if (!there.has('postgresql.conf')) await write('postgresql.conf', plainConfig(manifest, dataDir));
  if (!there.has('pg_hba.conf')) await write('pg_hba.conf', keptFile(kept, 'pg_hba.conf') ?? 'local all all peer\n');
  if (!there.has('pg_ident.conf')) await write('pg_ident.conf', keptFile(kept, 'pg_ident.conf') ?? '');
  return made;
}

/** Puts the last piece in its place: from here on the directory is a cluster. All else has to be on disk before. */
export async function completeCluster(dataDir: string): Promise<void> {
  await rename(join(dataDir, heldControlFile), join(dataDir, controlFile));
  await syncDirectory(join(dataDir, dirname(controlFile)));
}

/** Takes out what would turn recovery into something else. */
export async function removeSignals(dataDir: string): Promise<void> {
  for (const name of ['standby.signal', 'recovery.conf', 'postmaster.pid', 'postmaster.opts'])
    await rm(join(dataDir, name), { force: true });
}

/** What a recovering server must at least have, or it refuses to go on. */
export function limitSettings({ requiredSettings: required }: BaseManifest): Record<string, string> {
  return {
    max_connections: String(required.maxConnections),
    max_worker_processes: String(required.maxWorkerProcesses),
    max_wal_senders: String(required.maxWalSenders),
    max_prepared_transactions: String(required.maxPreparedTransactions),
    max_locks_per_transaction: String(required.maxLocksPerTransaction),
  };
}

function plainConfig(manifest: BaseManifest, dataDir: string): string {
  const settings = { listen_addresses: '', unix_socket_directories: dataDir, ...limitSettings(manifest) };
  const origin = manifest.configFiles.length > 0 ? ` The original's files are in ${configFolder}/.` : '';
  const text = Object.entries(settings).map(([name, value]) => `${name} = ${quoteSetting(value)}`);
  return [`# Made by copilot-db: the backup ${manifest.label} has no postgresql.conf in its data directory.${origin}`, ...text, ''].join(
    '\n',
  );
}

function keptFile(kept: ReadonlyMap<string, Buffer>, name: string): Buffer | undefined {
  return [...kept].find(([path]) => basename(path) === name)?.[1];
}

async function read(
  repository: Repository,
  object: BaseManifest['backupManifest'],
  options: { maxBytes: number; env: LayOut['env']; signal: AbortSignal },
): Promise<Buffer> {
  try {
    return await readObjectBuffer(repository, object, options);
  } catch (error) {
    throw damaged(error, object.name);
  }
}
