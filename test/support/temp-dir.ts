import { chmod, chown, mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { fileDirectory } from './test-root.ts';

/**
 * A directory that is removed when the test file ends, also when others own what is in it. Its path is short enough for sockets
 * and every user may pass through to it.
 * @param options.owner who owns it (needs root when it is somebody else); `mode` 0755 unless given
 */
export async function tempDir(label = 't', options: { owner?: { uid: number; gid: number }; mode?: number } = {}): Promise<string> {
  const path = await mkdtemp(join(fileDirectory(), `${label}-`));
  await chmod(path, options.mode ?? 0o755);
  if (options.owner !== undefined && options.owner.uid !== process.getuid?.()) await chown(path, options.owner.uid, options.owner.gid);
  return path;
}
