import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { canonicalJson, type Json } from '#kernel/json';
import { readFileIfThere, syncDirectory, writeFileAtomic } from '#platform/atomic-file';
import type { OsUser } from '#platform/os-user';

/** In the directory from the first moment to the last: whose it is, and what was asked for. */
export const markerName = 'copilot-db.restore.json';

const schema = z.object({ format: z.literal(1), runId: z.string(), asked: z.string(), facts: z.unknown() });

export interface Marker {
  runId: string;
  /** The operator's arguments; a later run with the same ones may go on. */
  asked: string;
  /** The plan's facts, for a run that only has to start what is complete. */
  facts: Json;
}

/** One text for equal arguments. */
export function askedFor(options: { readonly [key: string]: Json | undefined }): string {
  return canonicalJson(options);
}

export async function writeMarker(dataDir: string, marker: Marker, owner: OsUser): Promise<void> {
  const text = `${JSON.stringify({ format: 1, ...marker }, undefined, 2)}\n`;
  await writeFileAtomic(join(dataDir, markerName), text, { mode: 0o600, ...ownership(owner) });
}

/** undefined when there is none that this release can read: the directory is then not ours to touch. */
export async function readMarker(dataDir: string): Promise<Marker | undefined> {
  const text = await readFileIfThere(join(dataDir, markerName));
  if (text === undefined) return undefined;
  try {
    const parsed = schema.safeParse(JSON.parse(text.toString('utf8')));
    return parsed.success ? { runId: parsed.data.runId, asked: parsed.data.asked, facts: parsed.data.facts as Json } : undefined;
  } catch {
    return undefined;
  }
}

export async function removeMarker(dataDir: string): Promise<void> {
  await rm(join(dataDir, markerName), { force: true });
  await syncDirectory(dataDir);
}

/** For files that root writes on behalf of the server's user. */
export function ownership(user: OsUser): { owner?: { uid: number; gid: number } } {
  return user.uid === process.getuid?.() ? {} : { owner: { uid: user.uid, gid: user.gid } };
}
