import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { syncDirectory } from '#platform/atomic-file';
import { runChild } from '#platform/child';

/**
 * Makes everything below a directory durable: one syncfs(2) where coreutils has it, which also reports what failed to be
 * written, else file by file. @throws NodeJS.ErrnoException
 */
export async function syncTree(
  directory: string,
  { env, signal }: { env: Readonly<Record<string, string | undefined>>; signal: AbortSignal },
): Promise<void> {
  if (process.platform === 'linux') {
    const sync = await runChild('sync', ['--file-system', directory], { env: { PATH: env.PATH, LC_ALL: 'C' }, signal }).catch(
      () => undefined,
    );
    signal.throwIfAborted();
    if (sync?.succeeded) return;
  }
  await syncEach(directory, signal);
}

async function syncEach(directory: string, signal: AbortSignal): Promise<void> {
  for (const entry of await readdir(directory, { withFileTypes: true })) {
    signal.throwIfAborted();
    const path = join(directory, entry.name);
    if (entry.isDirectory()) await syncEach(path, signal);
    if (!entry.isFile()) continue;
    const file = await open(path, 'r');
    try {
      await file.sync();
    } finally {
      await file.close();
    }
  }
  await syncDirectory(directory);
}
