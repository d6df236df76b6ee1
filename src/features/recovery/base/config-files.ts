import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { isOpsError, messageOf } from '#kernel/errors';
import type { Reporter } from '#kernel/events';
import type { PostgresClient } from '#stores/postgres/connect';

/** A configuration file that the server reads and that is not in its data directory, as on Debian. */
export interface ConfigFile {
  path: string;
  /** Unique within the backup, safe in a key: "00-postgresql.conf". */
  name: string;
  body: Buffer;
}

// The three main files, and all that they include: pg_file_settings names a file even when none of its lines is in force.
const pathsSql = `
select distinct path from (
  select setting as path from pg_settings where name in ('config_file', 'hba_file', 'ident_file')
  union all select sourcefile from pg_file_settings
) files where path is not null and not starts_with(path, current_setting('data_directory') || '/') order by path`;

/**
 * Reads the configuration that BASE_BACKUP does not hold: over SQL where the user may, from the disk when the server is on this
 * host. What cannot be read is a warning; the data can be recovered without it.
 */
export async function readOutsideConfigFiles(client: PostgresClient, reporter: Reporter): Promise<readonly ConfigFile[]> {
  const isLocal = /^(\/|localhost$|127\.|::1$)/.test(client.raw.host);
  const files: ConfigFile[] = [];
  for (const path of await listPaths(client, reporter)) {
    try {
      const body = await readServerFile(client, path, isLocal);
      files.push({ path, name: configName(path, files.length), body });
    } catch (error) {
      if (!isOpsError(error, 'POSTGRES_PERMISSION_DENIED', 'POSTGRES_QUERY_FAILED') && !isFileError(error)) throw error;
      reporter.warn(`The configuration file ${path} is not in the backup: ${messageOf(error)}`);
    }
  }
  return files;
}

async function listPaths(client: PostgresClient, reporter: Reporter): Promise<readonly string[]> {
  try {
    const { rows } = await client.query<{ path: string }>(pathsSql);
    return rows.map(({ path }) => path);
  } catch (error) {
    if (!isOpsError(error, 'POSTGRES_PERMISSION_DENIED')) throw error;
    reporter.warn(
      `The user may not see where the configuration files are, so those outside the data directory are not in the backup: ${messageOf(error)}`,
    );
    return [];
  }
}

async function readServerFile(client: PostgresClient, path: string, isLocal: boolean): Promise<Buffer> {
  try {
    const { rows } = await client.query<{ body: Buffer }>('select pg_read_binary_file($1) as body', [path]);
    return (rows[0] as { body: Buffer }).body;
  } catch (error) {
    if (!isLocal || !isOpsError(error, 'POSTGRES_PERMISSION_DENIED')) throw error;
    return readFile(path);
  }
}

function configName(path: string, index: number): string {
  const name = basename(path);
  return `${String(index).padStart(2, '0')}-${/^[A-Za-z0-9._-]{1,100}$/.test(name) ? name : 'file'}`;
}

function isFileError(error: unknown): boolean {
  return ['ENOENT', 'EACCES', 'EPERM'].includes((error as NodeJS.ErrnoException).code ?? '');
}
