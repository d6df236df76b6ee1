import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Cluster } from '#support/postgres';
import { tempDir } from '#support/temp-dir';
import type { Scratch } from './scratch.ts';

let bundle: Promise<string> | undefined;

async function buildChild(): Promise<string> {
  const outfile = join(await tempDir('bundle'), 'child-run.mjs');
  await build({
    entryPoints: [fileURLToPath(new URL('./child-run.ts', import.meta.url))],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['pg-native'],
    banner: { js: `import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);` },
    logLevel: 'error',
  });
  return outfile;
}

/** Applies the pending migrations of a scratch database in a process of its own. */
export async function startKillableRun(cluster: Cluster, { database, directory }: Scratch): Promise<ChildProcess> {
  bundle ??= buildChild();
  return spawn(process.execPath, [await bundle, cluster.host, String(cluster.port), database, directory], { stdio: 'inherit' });
}

export async function kill9(child: ChildProcess): Promise<void> {
  const ended = once(child, 'exit');
  child.kill('SIGKILL');
  await ended;
}
