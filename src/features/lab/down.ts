import { readdir, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Plan, Step } from '#kernel/plan';
import { runningPostmaster } from '#platform/postmaster';
import { socketDirectoryFor } from '#platform/socket-directory';
import { type StopMode, stopPostgres } from '#platform/stop-postgres';
import { readMarker, userOf } from './marker.ts';
import type { LabPlace } from './place.ts';
import { runningLabRedis, stopLabRedis } from './redis.ts';

export interface LabDownFacts {
  directory: string;
  purge: boolean;
  /** Data directories below the lab on which a server runs: its own, and restored ones. */
  running: string[];
}

/** @throws LAB_FOREIGN for a directory that is not a lab */
export async function planLabDown(place: LabPlace, purge: boolean): Promise<Plan<LabDownFacts>> {
  const marker = await readMarker(place);
  const running = marker === undefined ? [] : await runningDataDirectories(place);
  const steps: Step[] = running.map((dataDir) => ({ id: `stop ${dataDir}`, title: `Stop PostgreSQL on ${dataDir}` }));
  if (marker !== undefined && (await runningLabRedis(place)) !== undefined) steps.push({ id: 'redis', title: 'Stop Redis' });
  if (marker !== undefined && purge) steps.push({ id: 'purge', title: `Remove ${place.directory} and all that is in it` });
  return {
    summary: purge ? `The lab in ${place.directory} is stopped and removed` : `The lab in ${place.directory} is stopped`,
    steps,
    facts: { directory: place.directory, purge, running },
    ...(purge ? { danger: 'destructive' as const, confirmName: 'lab' } : {}),
  };
}

/** Stops first and removes then, the marker last: cut short, the rest is still known to be a lab. @throws SERVER_STOP_TIMEOUT */
export async function takeLabDown(
  place: LabPlace,
  { running, purge }: LabDownFacts,
  work: { mode?: StopMode; signal: AbortSignal; onStep(id: string, state: 'begin' | 'done'): Promise<void> },
): Promise<void> {
  const step = async (id: string, act: () => Promise<unknown>): Promise<void> => {
    await work.onStep(id, 'begin');
    await act();
    await work.onStep(id, 'done');
  };
  for (const dataDir of running) {
    // A purge has no use for a last checkpoint, nor for waiting until an archiver has given up.
    await step(`stop ${dataDir}`, () => stopPostgres(dataDir, { mode: purge ? 'immediate' : (work.mode ?? 'fast'), signal: work.signal }));
  }
  if ((await runningLabRedis(place)) !== undefined) await step('redis', () => stopLabRedis(place));
  if (purge) await step('purge', () => removeLab(place));
}

async function removeLab(place: LabPlace): Promise<void> {
  const marker = await readMarker(place);
  if (marker === undefined) return;
  const socketDir = socketDirectoryFor(place.socketDir, userOf(marker));
  await rm(socketDir, { recursive: true, force: true });
  for (const entry of await readdir(place.directory)) {
    const path = join(place.directory, entry);
    if (path !== place.markerPath) await rm(path, { recursive: true, force: true });
  }
  await rm(place.markerPath);
  await rmdir(place.directory);
}

/** The lab's own data directory and those restored beside it: `restored/` and the like, one level down. */
async function runningDataDirectories(place: LabPlace): Promise<string[]> {
  const entries = await readdir(place.directory, { withFileTypes: true });
  const beside = entries.filter((entry) => entry.isDirectory()).map((entry) => join(place.directory, entry.name));
  const candidates = [place.dataDir, ...beside];
  const running = await Promise.all(candidates.map(async (dataDir) => ((await runningPostmaster(dataDir)) ? [dataDir] : [])));
  return running.flat();
}
