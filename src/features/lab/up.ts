import { chmod, mkdir } from 'node:fs/promises';
import { writeFileAtomic } from '#platform/atomic-file';
import type { OsUser } from '#platform/os-user';
import { findPostgresPrograms } from '#platform/postgres-programs';
import type { PrivatePostgres } from '#platform/private-postgres';
import { socketDirectoryFor } from '#platform/socket-directory';
import { labConfig } from './config-file.ts';
import { createMarker, type LabMarker, readMarker, userOf } from './marker.ts';
import type { LabPlace } from './place.ts';
import type { LabUpFacts, LabUpOptions } from './plan-up.ts';
import { createLabCluster, createLabDatabase, giveTo, startLabPostgres } from './postgres.ts';
import { chooseLabRedis, startLabRedis } from './redis.ts';

export interface LabUpWork extends LabUpOptions {
  facts: LabUpFacts;
  runId: string;
  now: string;
  /** Told before and after each step. */
  onStep(id: string, state: 'begin' | 'done'): Promise<void>;
}

export interface RunningLab {
  marker: LabMarker;
  server: PrivatePostgres;
}

/** Does the steps of the plan; every one of them can be repeated after a kill. @throws LAB_*, SERVER_*, POSTGRES_* */
export async function bringLabUp(work: LabUpWork, steps: readonly string[]): Promise<RunningLab> {
  const { place, facts, env, signal } = work;
  const step = async (id: string, act: () => Promise<unknown>): Promise<void> => {
    if (!steps.includes(id)) return;
    await work.onStep(id, 'begin');
    await act();
    await work.onStep(id, 'done');
  };
  await step('directory', () => makeLabDirectory(place, { ...work, tour: null }));
  const marker = (await readMarker(place)) as LabMarker;
  const user = userOf(marker);
  const programs = await findPostgresPrograms({ major: facts.major, env, signal });
  const options = { place, programs, user, home: work.home, env, signal };
  await step('cluster', () => createLabCluster(options));
  await step('config', () => writeConfig(work, marker, user));
  await step('postgres', () => startLabPostgres(options));
  const server = await startLabPostgres(options);
  await step('database', () => createLabDatabase(server, options));
  await step('redis', async () => {
    if (marker.redis === null || facts.redisServer === null) return;
    await startLabRedis({ place, program: facts.redisServer, redis: marker.redis, user, env: { PATH: env.PATH, LC_ALL: 'C' }, signal });
  });
  return { marker, server };
}

/** The marker is the first file: whatever happens later, the directory is known to be a lab. @throws LAB_TAKEN */
export async function makeLabDirectory(
  place: LabPlace,
  { facts, runId, now, tour }: { facts: LabUpFacts; runId: string; now: string; tour: LabMarker['tour'] },
): Promise<LabMarker> {
  await mkdir(place.directory, { recursive: true, mode: 0o700 });
  await chmod(place.directory, 0o700);
  const redis = facts.hasRedis ? await chooseLabRedis() : null;
  const marker: LabMarker = { format: 1, createdAt: now, runId, tour, major: facts.major, user: facts.user, redis };
  await createMarker(place, marker);
  await giveTo({ ...facts.user }, place.directory);
  return marker;
}

async function writeConfig({ place }: LabUpWork, marker: LabMarker, user: OsUser): Promise<void> {
  const text = labConfig(place, socketDirectoryFor(place.socketDir, user), marker);
  await writeFileAtomic(place.configPath, text, { mode: 0o600 });
  await giveTo(user, place.configPath);
  for (const directory of [place.repositoryDir, place.spoolDir]) {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await giveTo(user, directory);
  }
}
