import { readFileIfThere } from '#platform/atomic-file';
import { findBinary } from '#platform/find-binary';
import { dataDirectoryMajor } from '#platform/postmaster';
import { findPrivatePostgres, type PrivatePostgres } from '#platform/private-postgres';
import { connectPostgres } from '#stores/postgres/connect';
import { type LabMarker, readMarker } from './marker.ts';
import { type LabPlace, labDatabase } from './place.ts';
import { runningLabRedis } from './redis.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** What of a lab is there. Read only. */
export interface LabState {
  marker: LabMarker | undefined;
  hasCluster: boolean;
  hasConfig: boolean;
  postgres: PrivatePostgres | undefined;
  hasDatabase: boolean;
  redisPid: number | undefined;
}

/** @throws LAB_FOREIGN, LAB_BROKEN */
export async function readLabState(place: LabPlace, work: { env: Env; signal: AbortSignal }): Promise<LabState> {
  const marker = await readMarker(place);
  if (marker === undefined) {
    return { marker, hasCluster: false, hasConfig: false, postgres: undefined, hasDatabase: false, redisPid: undefined };
  }
  const postgres = await findPrivatePostgres(place.dataDir);
  return {
    marker,
    hasCluster: (await dataDirectoryMajor(place.dataDir)) !== undefined,
    hasConfig: (await readFileIfThere(place.configPath)) !== undefined,
    postgres,
    hasDatabase: postgres !== undefined && (await answersForDatabase(postgres, work)),
    redisPid: await runningLabRedis(place),
  };
}

async function answersForDatabase(server: PrivatePostgres, work: { env: Env; signal: AbortSignal }): Promise<boolean> {
  const settings = { host: server.host, port: server.port, database: 'postgres', username: 'postgres', sslMode: 'disable' } as const;
  const client = await connectPostgres(settings, work);
  try {
    return (await client.query('SELECT FROM pg_database WHERE datname = $1', [labDatabase])).rowCount > 0;
  } finally {
    await client.close();
  }
}

/** Debian keeps it in /usr/bin, others in /usr/local/sbin and beside it. */
export async function findRedisServer(env: Env): Promise<string | undefined> {
  return findBinary('redis-server', { env, dirs: ['/usr/bin', '/usr/local/bin', '/usr/sbin', '/usr/local/sbin', '/opt/homebrew/bin'] });
}
