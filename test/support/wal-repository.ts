import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { newRunId } from '#kernel/run-id';
import { systemClock } from '#kernel/time';
import { initRepository } from '#repository/init';
import type { Repository } from '#repository/open';
import { openObjectStore } from '#stores/objects/open';
import { tempDir } from './temp-dir.ts';

export interface WalRepository {
  /** A configuration file that names only this repository. */
  configPath: string;
  directory: string;
  repository: Repository;
}

/** A directory repository of the cluster `test`, and its configuration, both for the server's user. */
export async function makeWalRepository(
  options: { owner?: { uid: number; gid: number }; codec?: 'zstd' | 'gzip' } = {},
): Promise<WalRepository> {
  const owner = options.owner === undefined ? {} : { owner: options.owner };
  const directory = await tempDir('repository', owner);
  const now = systemClock.now();
  const { repository } = await initRepository(await openObjectStore({ kind: 'directory', directory }), {
    cluster: 'test',
    name: 'main',
    codec: options.codec ?? 'zstd',
    runId: newRunId(now),
    now,
    toolVersion: '0.0.0',
    signal: new AbortController().signal,
  });
  const configPath = join(await tempDir('config'), 'copilot-db.yaml');
  await writeFile(configPath, `cluster: test\nbackup:\n  repositories:\n    - name: main\n      directory: ${directory}\n`);
  return { configPath, directory, repository };
}
