import { readdir } from 'node:fs/promises';
import { z } from 'zod';
import { OpsError } from '#kernel/errors';
import { createFileExclusive, readFileIfThere, writeFileAtomic } from '#platform/atomic-file';
import type { OsUser } from '#platform/os-user';
import type { LabPlace } from './place.ts';

const markerSchema = z.strictObject({
  format: z.literal(1),
  createdAt: z.string(),
  runId: z.string(),
  /** The process of the tour that works here; what it leaves when it is killed, the next tour may remove. */
  tour: z.strictObject({ pid: z.int(), startTicks: z.string().optional(), bootId: z.string().optional() }).nullable(),
  /** The major version of PostgreSQL, so that the lab starts with the same one again. */
  major: z.int(),
  user: z.strictObject({ name: z.string(), uid: z.int(), gid: z.int(), userNamespace: z.boolean() }),
  redis: z.strictObject({ port: z.int(), password: z.string() }).nullable(),
});

/** Says that a directory is a lab: the first file in and the last one out. */
export type LabMarker = z.infer<typeof markerSchema>;

/** undefined when nothing is there, or an empty directory. @throws LAB_FOREIGN, LAB_BROKEN */
export async function readMarker(place: LabPlace): Promise<LabMarker | undefined> {
  const text = await readFileIfThere(place.markerPath);
  if (text === undefined) {
    if (await isNewOrEmpty(place.directory)) return undefined;
    throw new OpsError('LAB_FOREIGN', {
      message: `${place.directory} holds something that is not a lab`,
      details: { directory: place.directory },
    });
  }
  const parsed = markerSchema.safeParse(parseJson(text.toString('utf8')));
  if (parsed.success) return parsed.data;
  throw new OpsError('LAB_BROKEN', { message: `${place.markerPath} is not the marker of a lab of this version`, cause: parsed.error });
}

/** Of two that make a lab in one place at once, one is told no. @throws LAB_TAKEN */
export async function createMarker(place: LabPlace, marker: LabMarker): Promise<void> {
  if ((await createFileExclusive(place.markerPath, markerText(marker), { mode: 0o600 })) === 'created') return;
  throw new OpsError('LAB_TAKEN', { message: `Somebody else has just made a lab in ${place.directory}` });
}

export async function replaceMarker(place: LabPlace, marker: LabMarker): Promise<void> {
  await writeFileAtomic(place.markerPath, markerText(marker), { mode: 0o600 });
}

function markerText(marker: LabMarker): string {
  return `${JSON.stringify(marker, null, 2)}\n`;
}

export function userOf(marker: LabMarker): OsUser {
  const { userNamespace, ...user } = marker.user;
  return userNamespace ? { ...user, userNamespace } : user;
}

async function isNewOrEmpty(directory: string): Promise<boolean> {
  try {
    return (await readdir(directory)).length === 0;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return true;
    if ((error as NodeJS.ErrnoException).code === 'ENOTDIR') return false;
    throw error;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
