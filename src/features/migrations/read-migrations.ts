import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { messageOf, OpsError } from '#kernel/errors';
import { checksumOf, unifyLineEnds } from './checksum.ts';
import { parseFileName, versionLabel } from './file-name.ts';

export interface SqlFile {
  path: string;
  /** UTF-8, line ends unified: what is executed and what positions count in. */
  text: string;
  checksum: string;
}

export interface Migration {
  version: number;
  /** "users_and_sessions" */
  name: string;
  up: SqlFile;
  /** Absent when the change cannot be taken back. */
  down?: SqlFile;
}

/**
 * All migrations of a directory, by version. Versions may have gaps. Other files than .sql are left alone.
 * @throws MIGRATION_DIR_MISSING, MIGRATION_NAME_INVALID, MIGRATION_DUPLICATE, MIGRATION_UNREADABLE
 */
export async function readMigrations(directory: string, signal: AbortSignal): Promise<Migration[]> {
  const fileNames = (await listDirectory(directory)).filter((name) => /\.sql$/i.test(name) && !name.startsWith('.')).sort();
  const forward = new Map<number, { fileName: string; name: string }>();
  const back = new Map<number, { fileName: string; name: string }>();
  for (const fileName of fileNames) {
    const parsed = parseFileName(fileName);
    if (parsed === undefined)
      throw new OpsError('MIGRATION_NAME_INVALID', {
        message: `${join(directory, fileName)} is not named like a migration`,
        details: { file: join(directory, fileName) },
      });
    const side = parsed.kind === 'V' ? forward : back;
    const twin = side.get(parsed.version);
    if (twin !== undefined) throw duplicate(directory, parsed.version, [twin.fileName, fileName]);
    side.set(parsed.version, { fileName, name: parsed.name });
  }
  for (const [version, { fileName }] of back)
    if (!forward.has(version))
      throw new OpsError('MIGRATION_NAME_INVALID', {
        message: `${join(directory, fileName)} is a rollback of ${versionLabel(version)}, which does not exist`,
        details: { file: join(directory, fileName) },
      });
  const migrations: Migration[] = [];
  for (const [version, { fileName, name }] of [...forward].sort(([a], [b]) => a - b)) {
    const rollback = back.get(version);
    const up = await readSqlFile(join(directory, fileName), signal);
    migrations.push({
      version,
      name,
      up,
      ...(rollback === undefined ? {} : { down: await readSqlFile(join(directory, rollback.fileName), signal) }),
    });
  }
  return migrations;
}

async function listDirectory(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    throw new OpsError('MIGRATION_DIR_MISSING', {
      message: `The migrations directory ${directory} cannot be read: ${messageOf(error)}`,
      details: { directory },
      cause: error,
    });
  }
}

async function readSqlFile(path: string, signal: AbortSignal): Promise<SqlFile> {
  try {
    const bytes = await readFile(path, { signal });
    const text = unifyLineEnds(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
    if (text.includes('\0')) throw new TypeError('it holds a zero byte');
    return { path, text, checksum: checksumOf(text) };
  } catch (error) {
    signal.throwIfAborted();
    throw new OpsError('MIGRATION_UNREADABLE', {
      message: `${path} cannot be read as UTF-8 text: ${messageOf(error)}`,
      details: { file: path },
      cause: error,
    });
  }
}

function duplicate(directory: string, version: number, fileNames: readonly string[]): OpsError {
  return new OpsError('MIGRATION_DUPLICATE', {
    message: `${fileNames.map((name) => basename(name)).join(' and ')} in ${directory} have one version`,
    details: { version, files: fileNames.map((name) => join(directory, name)) },
  });
}
