import { existsSync } from 'node:fs';
import { readdir, rm, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { messageOf, OpsError } from '#kernel/errors';
import { type Marker, markerName, readMarker } from './marker.ts';
import { controlFile } from './screen-archive.ts';

export type TargetState =
  | { kind: 'new' | 'empty' }
  /** What a killed restore left: our marker, and no pg_control, so that no server can ever have run in it. */
  | { kind: 'leftover' }
  /** Complete, but the run that made it was killed before it could start the server or say so. */
  | { kind: 'complete'; marker: Marker };

/**
 * What the directory of a restore is now. Anything else than nothing, or our own unfinished work, is refused.
 * @throws RESTORE_TARGET_NOT_EMPTY, RESTORE_DIRECTORY_UNUSABLE
 */
export async function inspectTarget(dataDir: string, asked: string): Promise<TargetState> {
  const entries = await readEntries(dataDir);
  if (entries === undefined) return { kind: 'new' };
  if (entries.length === 0) return { kind: 'empty' };
  const marker = await readMarker(dataDir);
  if (marker === undefined) throw notEmpty(dataDir, entries, 'A restore never writes over what is there');
  // A marker that is alone was written before anything else; with pg_control in place everything is there.
  if (!existsSync(join(dataDir, controlFile))) return { kind: 'leftover' };
  if (marker.asked === asked) return { kind: 'complete', marker };
  throw notEmpty(dataDir, entries, `The restore ${marker.runId} completed it, and it was asked for something else`);
}

/** Empties what `inspectTarget` called a leftover; the marker goes last, so that a kill in between changes nothing. */
export async function clearLeftover(dataDir: string): Promise<void> {
  if (existsSync(join(dataDir, controlFile))) throw notEmpty(dataDir, [], 'It became complete meanwhile');
  for (const entry of await readdir(dataDir)) {
    if (entry !== markerName) await rm(join(dataDir, entry), { recursive: true, force: true });
  }
}

/** Free bytes of the file system that the directory is on, or would be. undefined where it cannot be said. */
export async function freeBytesAt(dataDir: string): Promise<number | undefined> {
  const place = nearestExisting(dataDir);
  try {
    const { bavail, bsize } = await statfs(place);
    return bavail * bsize;
  } catch {
    return undefined;
  }
}

/** The directory itself or the nearest one above it that is there. */
export function nearestExisting(path: string): string {
  return existsSync(path) || dirname(path) === path ? path : nearestExisting(dirname(path));
}

async function readEntries(dataDir: string): Promise<string[] | undefined> {
  try {
    if (!(await stat(dataDir)).isDirectory()) throw notEmpty(dataDir, [], 'It is no directory');
    return await readdir(dataDir);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT') return undefined;
    if (error instanceof OpsError) throw error;
    throw new OpsError('RESTORE_DIRECTORY_UNUSABLE', {
      message: `${dataDir} cannot be looked at`,
      detail: messageOf(error),
      details: { dataDir },
    });
  }
}

function notEmpty(dataDir: string, entries: readonly string[], detail: string): OpsError {
  const isCluster = entries.includes('PG_VERSION');
  const isRunning = entries.includes('postmaster.pid');
  const holds = isRunning ? 'a data directory, perhaps of a running server' : isCluster ? 'a data directory' : `${entries.length} entries`;
  return new OpsError('RESTORE_TARGET_NOT_EMPTY', {
    message: `${dataDir} is not empty${entries.length === 0 ? '' : `: it holds ${holds}`}`,
    detail,
    details: { dataDir, entries: entries.length },
  });
}
