import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isOpsError, OpsError } from '#kernel/errors';
import { parseWalFile, type WalFile } from '#kernel/wal-file';
import type { Repository } from '#repository/open';
import { readSystem } from '#repository/systems';
import { fetchWalFile } from '#repository/wal-objects';
import { checkWalContent } from './check-content.ts';
import { readSystemId } from './control-file.ts';
import { placeFile } from './place-file.ts';
import { proveAbsence } from './prove-absence.ts';
import type { RepositoryDoor } from './repository-door.ts';

export interface FetchOptions {
  /** As PostgreSQL gives it for %f. */
  name: string;
  /** As PostgreSQL gives it for %p; relative to `dataDir`. */
  path: string;
  dataDir: string;
  /** Instead of reading it from the data directory. */
  systemId?: string | undefined;
  /** `standby` tries again what may pass by itself; in recovery the server stops and the operator decides. */
  mode: 'recovery' | 'standby';
  repositories: readonly RepositoryDoor[];
  /** false when the process that asked is gone. */
  isWanted(): boolean;
  env: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
}

export interface FetchResult {
  file: string;
  systemId: string;
  repository: string;
}

/** Pauses before each further try of a standby; PostgreSQL itself asks again after five seconds. */
const standbyPausesMs = [1000, 2000];

/**
 * Brings one WAL file, checked, to where PostgreSQL wants it.
 * @throws WAL_NOT_ARCHIVED only when every repository was read and proves that it never had the file; all else means "unknown":
 * WAL_NAME_INVALID, WAL_SYSTEM_*, WAL_FILE_INVALID, WAL_GAP, WAL_LISTING_CONTRADICTS, WAL_TARGET_UNWRITABLE, WAL_ABANDONED,
 * REPOSITORY_*, OBJECT_*, BINARY_MISSING
 */
export async function fetchWal(options: FetchOptions): Promise<FetchResult> {
  const file = parseWalFile(options.name);
  if (!file) throw new OpsError('WAL_NAME_INVALID', { message: `${options.name} is no name of a WAL file` });
  const systemId = options.systemId ?? (await readSystemId(options.dataDir));
  for (const pauseMs of options.mode === 'standby' ? standbyPausesMs : []) {
    try {
      return await fetchOnce(file, systemId, options);
    } catch (error) {
      if (!isOpsError(error) || !error.retryable) throw error;
      await sleep(pauseMs, undefined, { signal: options.signal });
    }
  }
  return await fetchOnce(file, systemId, options);
}

async function fetchOnce(file: WalFile, systemId: string, options: FetchOptions): Promise<FetchResult> {
  let failure: unknown;
  for (const door of options.repositories) {
    try {
      const body = await readFrom(await door.open(options.signal), file, systemId, options);
      if (!body) continue;
      await placeFile(resolve(options.dataDir, options.path), body, options.isWanted, options.signal);
      return { file: file.name, systemId, repository: door.name };
    } catch (error) {
      options.signal.throwIfAborted();
      if (isOpsError(error, 'WAL_TARGET_UNWRITABLE', 'WAL_ABANDONED')) throw error;
      failure ??= error;
    }
  }
  // One repository that cannot answer may be the one that has it.
  throw (
    failure ??
    new OpsError('WAL_NOT_ARCHIVED', {
      message: `${file.name} of the system ${systemId} was never archived`,
      details: { file: file.name, systemId },
    })
  );
}

/** undefined when this repository proves that it never had the file. */
async function readFrom(
  repository: Repository,
  file: WalFile,
  systemId: string,
  { env, signal }: FetchOptions,
): Promise<Buffer | undefined> {
  if (!(await readSystem(repository, systemId, signal))) {
    throw new OpsError('REPOSITORY_SYSTEM_FOREIGN', {
      message: `${repository.store.location} holds nothing of the system ${systemId}`,
      nextSteps: [
        'Check that this server uses the right configuration',
        '`copilot-db repository show` lists the systems of the repository',
      ],
      details: { repository: repository.name, systemId },
    });
  }
  const fetched = await fetchWalFile(repository, { systemId, name: file.name }, { env, signal });
  if (!fetched) {
    await proveAbsence(repository, systemId, file, { env, signal });
    return undefined;
  }
  checkWalContent(file, fetched.body, systemId);
  return fetched.body;
}
