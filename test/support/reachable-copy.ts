import { cp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestUser } from './os-users.ts';
import { run } from './run.ts';
import { sharedDirectory } from './test-root.ts';

/**
 * `path` itself where `user` can read it, else a copy that the user can reach, made once a run. A checkout below /root is
 * closed to everybody else.
 */
export async function reachableCopy(path: string, user: TestUser, name: string): Promise<string> {
  if ((await run('test', ['-r', path], { user })).code === 0) return path;
  const copy = join(sharedDirectory('copies'), name);
  if ((await run('test', ['-r', copy], { user })).code === 0) return copy;
  const draft = `${copy}.${process.pid}`;
  await cp(path, draft, { recursive: true, verbatimSymlinks: true });
  await rename(draft, copy).catch(async (error: NodeJS.ErrnoException) => {
    // Another test file was faster.
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    await rm(draft, { recursive: true, force: true });
  });
  return copy;
}
