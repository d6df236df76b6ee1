import { chown, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { nodeProgram } from '#platform/node-program';
import type { OsUser } from '#platform/os-user';
import type { PostgresPrograms } from '#platform/postgres-programs';
import { dataDirectoryMajor } from '#platform/postmaster';
import { findPrivatePostgres, initialiseCluster, type PrivatePostgres, startPrivatePostgres } from '#platform/private-postgres';
import { connectPostgres } from '#stores/postgres/connect';
import { type LabPlace, labDatabase, labPort } from './place.ts';

export interface LabServerOptions {
  place: LabPlace;
  programs: PostgresPrograms;
  user: OsUser;
  /** Where the tool lives: the archiver runs its `bin/copilot-db-wal`. */
  home: string;
  env: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
}

/** Makes the data directory under another name first: an initdb that was cut short is never taken for a cluster. */
export async function createLabCluster({ place, programs, user, signal }: LabServerOptions): Promise<void> {
  if ((await dataDirectoryMajor(place.dataDir)) !== undefined) return;
  await mkdir(place.postgresDir, { recursive: true, mode: 0o700 });
  await giveTo(user, place.postgresDir);
  const draft = join(place.postgresDir, 'data.new');
  await rm(draft, { recursive: true, force: true });
  await initialiseCluster({ programs, dataDir: draft, user, signal });
  await rename(draft, place.dataDir);
}

/** Starts it to stay, or finds it running. */
export async function startLabPostgres(options: LabServerOptions): Promise<PrivatePostgres> {
  const { place, programs, user, env, signal } = options;
  const running = await findPrivatePostgres(place.dataDir);
  if (running !== undefined) return running;
  return startPrivatePostgres({
    programs,
    dataDir: place.dataDir,
    socketDir: place.socketDir,
    port: labPort,
    settings: labSettings(options),
    logPath: place.postgresLogPath,
    user,
    detached: true,
    // The archiver's environment: it needs Node, and a PATH for what the tool starts.
    env: { PATH: env.PATH, LC_ALL: 'C', COPILOT_DB_NODE: nodeProgram() },
    signal,
  });
}

/** Small, and archiving as DESIGN's cluster would: a segment at least every 60 s. */
function labSettings({ place, home }: LabServerOptions): Record<string, string> {
  return {
    archive_mode: 'on',
    archive_command: archiveCommand(home, place.configPath),
    archive_timeout: '60',
    wal_level: 'replica',
    max_wal_senders: '4',
    max_connections: '40',
    shared_buffers: '32MB',
    max_wal_size: '256MB',
  };
}

/** PostgreSQL hands it to a shell and reads `%` itself. */
export function archiveCommand(home: string, configPath: string): string {
  const word = (text: string): string => `'${text.replaceAll("'", "'\\''").replaceAll('%', '%%')}'`;
  return `${word(join(home, 'bin', 'copilot-db-wal'))} push --config ${word(configPath)} "%p"`;
}

/** @returns whether it was made now */
export async function createLabDatabase(
  server: Pick<PrivatePostgres, 'host' | 'port'>,
  { env, signal }: LabServerOptions,
): Promise<boolean> {
  const settings = { host: server.host, port: server.port, database: 'postgres', username: 'postgres', sslMode: 'disable' } as const;
  const client = await connectPostgres(settings, { env, signal });
  try {
    const { rows } = await client.query<{ one: number }>('SELECT 1 AS one FROM pg_database WHERE datname = $1', [labDatabase]);
    if (rows.length > 0) return false;
    await client.query(`CREATE DATABASE ${labDatabase}`);
    return true;
  } finally {
    await client.close();
  }
}

/** Where the server is an unprivileged user of the host (never in a namespace), its directories are that user's. */
export async function giveTo(user: OsUser, path: string): Promise<void> {
  if (user.uid !== 0 && user.userNamespace !== true) await chown(path, user.uid, user.gid);
}
