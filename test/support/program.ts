import { existsSync } from 'node:fs';
import { cp, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundle } from '../../scripts/bundle.mjs';
import { sharedDirectory } from './test-root.ts';

const repositoryRoot = fileURLToPath(new URL('../../', import.meta.url));

/** The whole built program at a place that every user can reach, built once a run: for tests that need a process of its own. */
export async function builtProgram(): Promise<{ home: string; main: string }> {
  const home = join(sharedDirectory('program'), 'home');
  const main = join(home, 'dist', 'main.mjs');
  if (existsSync(main)) return { home, main };
  const draft = `${home}.${process.pid}`;
  await bundle({ outdir: join(draft, 'dist'), version: '0.0.0-test' });
  for (const folder of ['bin', 'migrations']) await cp(join(repositoryRoot, folder), join(draft, folder), { recursive: true });
  await rename(draft, home).catch(() => rm(draft, { recursive: true, force: true }));
  return { home, main };
}
