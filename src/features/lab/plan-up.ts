import { dirname } from 'node:path';
import { OpsError } from '#kernel/errors';
import type { Plan, Step } from '#kernel/plan';
import { canEnter, describeUser, isRoot, type OsUser, serverUser } from '#platform/os-user';
import { findPostgresPrograms, type PostgresPrograms } from '#platform/postgres-programs';
import { userOf } from './marker.ts';
import type { LabPlace } from './place.ts';
import { findRedisServer, readLabState } from './state.ts';

export interface LabUpFacts {
  directory: string;
  major: number;
  binDir: string;
  source: PostgresPrograms['source'];
  user: { name: string; uid: number; gid: number; userNamespace: boolean };
  /** The redis-server program; null when there is none. */
  redisServer: string | null;
  /** Whether the lab has, or will have, a Redis. */
  hasRedis: boolean;
}

export interface LabUpOptions {
  place: LabPlace;
  /** The wanted major version of PostgreSQL; undefined takes what is there. */
  major: number | undefined;
  home: string;
  env: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
}

/** What is missing of the lab, as steps; none when it is up. @throws LAB_FOREIGN, LAB_BROKEN, SERVER_PROGRAMS_MISSING, SERVER_USER_SHUT_OUT */
export async function planLabUp(options: LabUpOptions): Promise<Plan<LabUpFacts>> {
  const { place, env, signal } = options;
  const state = await readLabState(place, { env, signal });
  const { marker } = state;
  const programs = await findPostgresPrograms({ major: marker?.major ?? options.major, env, signal });
  const user = marker === undefined ? await serverUser({ signal }) : userOf(marker);
  await refuseUnreachable(options, user);
  const redisServer = (await findRedisServer(env)) ?? null;
  const hasRedis = marker === undefined ? redisServer !== null : marker.redis !== null;
  const needs: [boolean, Step][] = [
    [marker === undefined, { id: 'directory', title: `Make the directory ${place.directory}` }],
    [!state.hasCluster, { id: 'cluster', title: `Initialise PostgreSQL ${programs.major} with page checksums` }],
    [!state.hasConfig, { id: 'config', title: `Write ${place.configPath}` }],
    [state.postgres === undefined, { id: 'postgres', title: `Start PostgreSQL as ${describeUser(user)}` }],
    [!state.hasDatabase, { id: 'database', title: 'Create the database llm_copilot_agent if it is missing' }],
    [hasRedis && redisServer !== null && state.redisPid === undefined, { id: 'redis', title: 'Start Redis on a loopback port' }],
  ];
  return {
    summary: `A lab runs in ${place.directory}`,
    steps: needs.filter(([isNeeded]) => isNeeded).map(([, step]) => step),
    facts: {
      directory: place.directory,
      major: programs.major,
      binDir: programs.binDir,
      source: programs.source,
      user: { name: user.name, uid: user.uid, gid: user.gid, userNamespace: user.userNamespace === true },
      redisServer,
      hasRedis,
    },
    notes: redisServer === null ? ['redis-server is not installed, so the lab has no Redis'] : [],
  };
}

/**
 * Where the server is another user of the host, that user has to reach the lab and the tool, whose `copilot-db-wal` the
 * archiver runs. @throws SERVER_USER_SHUT_OUT
 */
async function refuseUnreachable({ place, home, signal }: LabUpOptions, user: OsUser): Promise<void> {
  if (!isRoot() || user.userNamespace === true || user.uid === 0) return;
  for (const directory of [await nearestThere(dirname(place.directory), user, signal), home]) {
    if (directory === undefined || (await canEnter(user, directory, signal))) continue;
    throw new OpsError('SERVER_USER_SHUT_OUT', {
      message: `PostgreSQL would run as ${user.name}, who cannot enter ${directory}`,
      details: { directory, user: user.name },
      ...(directory === home ? { nextSteps: ['Move copilot-db to a directory that everybody may enter', 'run it as a plain user'] } : {}),
    });
  }
}

/** The closest directory above that exists; what is made below it is ours. */
async function nearestThere(directory: string, user: OsUser, signal: AbortSignal): Promise<string | undefined> {
  if (directory === dirname(directory) || (await canEnter(user, directory, signal))) return undefined;
  const self = { name: 'root', uid: 0, gid: 0 };
  return (await canEnter(self, directory, signal)) ? directory : nearestThere(dirname(directory), user, signal);
}
