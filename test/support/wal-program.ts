import { chmod, copyFile, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { builtProgram } from './program.ts';
import { tempDir } from './temp-dir.ts';

const repositoryRoot = fileURLToPath(new URL('../../', import.meta.url));

/** An installation as PostgreSQL sees it: the wrapper, and the program beside it. Every user can run it. */
export interface WalHome {
  home: string;
  wrapper: string;
}

/** The real wrapper with the real program. */
export async function realWalHome(): Promise<WalHome> {
  const { home } = await builtProgram();
  return { home, wrapper: join(home, 'bin', 'copilot-db-wal') };
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
