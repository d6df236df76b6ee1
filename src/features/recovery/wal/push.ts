import { readFile } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { isOpsError, messageOf, OpsError } from '#kernel/errors';
import type { Moment } from '#kernel/time';
import { parseWalFile, type WalFile } from '#kernel/wal-file';
import type { Repository } from '#repository/open';
import { claimSystem, readSystem } from '#repository/systems';
import { putWalFile } from '#repository/wal-objects';
import { checkWalContent } from './check-content.ts';
import { readSystemId } from './control-file.ts';
import { readWalHeader } from './header.ts';
import type { RepositoryDoor } from './repository-door.ts';

export interface PushOptions {
  /** As PostgreSQL gives it for %p; relative to `dataDir`. */
  path: string;
  /** PostgreSQL runs its commands there. */
  dataDir: string;
  /** Instead of reading it from the data directory. */
  systemId?: string | undefined;
  repositories: readonly RepositoryDoor[];
  host: string;
  runId: string;
  now: Moment;
  env: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
}

export interface PushResult {
  file: string;
  systemId: string;
  repositories: readonly { name: string; outcome: 'created' | 'same' }[];
}

/**
 * Archives one WAL file. When it returns, every repository holds exactly these bytes, durably, and PostgreSQL may delete its own copy.
 * The file is read once; what is there already is compared and never overwritten, so that a repeated push is harmless.
 * @throws WAL_NAME_INVALID, WAL_FILE_*, WAL_SYSTEM_*, WAL_CONFLICT, REPOSITORY_*, OBJECT_*, BINARY_MISSING
 */
export async function pushWal(options: PushOptions): Promise<PushResult> {
  const file = parseWalFile(basename(options.path));
  if (!file) throw new OpsError('WAL_NAME_INVALID', { message: `${basename(options.path)} is no name of a WAL file` });
  const systemId = options.systemId ?? (await readSystemId(options.dataDir));
  const body = await readWalFile(resolve(options.dataDir, options.path), options.signal);
  checkWalContent(file, body, systemId);
  const outcomes = await Promise.allSettled(
    options.repositories.map(async (door) => ({
      name: door.name,
      outcome: await pushTo(await door.open(options.signal), file, body, systemId, options),
    })),
  );
  const failures = outcomes.flatMap((it, index) =>
    it.status === 'rejected' ? [{ name: options.repositories[index]?.name, error: it.reason as unknown }] : [],
  );
  if (failures.length > 0) throw worstOf(failures, outcomes.length);
  return { file: file.name, systemId, repositories: outcomes.flatMap((it) => (it.status === 'fulfilled' ? [it.value] : [])) };
}

async function readWalFile(path: string, signal: AbortSignal): Promise<Buffer> {
  try {
    return await readFile(path, { signal });
  } catch (error) {
    signal.throwIfAborted();
    throw new OpsError('WAL_FILE_UNREADABLE', {
      message: `${path} cannot be read`,
      detail: messageOf(error),
      details: { path },
      cause: error,
    });
  }
}

async function pushTo(
  repository: Repository,
  file: WalFile,
  body: Buffer,
  systemId: string,
  options: PushOptions,
): Promise<'created' | 'same'> {
  const { dataDir, host, now, runId, env, signal } = options;
  const postgresMajor = readWalHeader(body)?.major ?? null;
  await claimSystem(repository, { systemId, host, dataDirectory: dataDir, postgresMajor, now, runId }, signal);
  const put = await putWalFile(repository, { systemId, name: file.name, body, runId, host }, { env, signal });
  if (put.outcome !== 'conflict') {
    await confirmPlace(repository, file, systemId, signal);
    return put.outcome;
  }
  const { there } = put;
  throw new OpsError('WAL_CONFLICT', {
    message: `${file.name} is archived in ${repository.store.location} with other bytes than this server has`,
    detail: `It was stored by run ${there.runId ?? '(unknown)'} on host ${there.host ?? '(unknown)'}, sha256 ${there.sha256}; here it is ${put.sha256}`,
    details: {
      file: file.name,
      key: put.key,
      repository: repository.name,
      runId: there.runId,
      host: there.host,
      sha256: put.sha256,
      archivedSha256: there.sha256,
    },
  });
}

/** A directory that was unmounted just before the put is made anew below its mount point, where nobody looks for it again. */
async function confirmPlace(repository: Repository, file: WalFile, systemId: string, signal: AbortSignal): Promise<void> {
  if (repository.store.kind !== 'directory' || (await readSystem(repository, systemId, signal))) return;
  throw new OpsError('OBJECT_STORE_UNAVAILABLE', {
    message: `${repository.store.location} was exchanged for another directory while ${file.name} was archived`,
    details: { file: file.name, repository: repository.name },
  });
}

/** One repository that fails means that the file is not archived. What needs a human comes before what passes by itself. */
function worstOf(failures: readonly { name: string | undefined; error: unknown }[], total: number): unknown {
  const worst = failures.find(({ error }) => isOpsError(error) && error.exit === 'integrity') ?? failures[0];
  const error = worst?.error;
  if (!isOpsError(error) || total === 1) return error;
  const list = failures.map((it) => `${it.name}: ${messageOf(it.error)}`).join('\n');
  return new OpsError(error.code, {
    message: error.message,
    detail: [error.detail, `${failures.length} of ${total} repositories do not have the file\n${list}`]
      .filter((it) => it !== undefined)
      .join('\n'),
    nextSteps: error.nextSteps,
    details: error.details,
    retryable: error.retryable,
    cause: error,
  });
}
