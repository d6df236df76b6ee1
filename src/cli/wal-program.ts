import { hostname } from 'node:os';
import { isAbsolute } from 'node:path';
import { parseArgs } from 'node:util';
import { loadConfig } from '#config/load';
import { repositoriesOf } from '#config/repositories';
import { fetchWal } from '#features/recovery/wal/fetch';
import { pushWal } from '#features/recovery/wal/push';
import type { RepositoryDoor } from '#features/recovery/wal/repository-door';
import { isOpsError, messageOf, OpsError } from '#kernel/errors';
import { newRunId } from '#kernel/run-id';
import { openRepository } from '#repository/open';
import { openObjectStore } from '#stores/objects/open';
import { Stop, stopReason } from './stop.ts';

export interface WalSurroundings {
  argv: readonly string[];
  env: Readonly<Record<string, string | undefined>>;
  /** PostgreSQL's data directory. */
  cwd: string;
  /** false when the wrapper that asked is gone. */
  isWanted(): boolean;
  signal: AbortSignal;
  writeError(line: string): void;
}

/**
 * What bin/copilot-db-wal hears. A program that is empty, missing, broken or cut short ends with 0, 1, 13, 134, 137 …, and none of
 * that may pass for an answer: only these two are (decision 0030).
 */
export const walExitCodes = { done: 43, absent: 44 } as const;

const defaultDeadlineMs = { push: 120_000, fetch: 300_000 };

/** `push --config FILE PATH` and `fetch --config FILE [--mode M] [--system ID] NAME PATH`: no frame, no lock, no journal. @returns the exit code */
export async function runWalProgram(surroundings: WalSurroundings): Promise<number> {
  const controller = new AbortController();
  const stop = () => controller.abort(surroundings.signal.reason);
  surroundings.signal.addEventListener('abort', stop, { once: true });
  let timer: NodeJS.Timeout | undefined;
  try {
    const request = readRequest(surroundings.argv);
    // It keeps the event loop alive as well: an answer that never comes ends in the deadline, not in a silent exit.
    timer = setTimeout(() => controller.abort(new Stop('deadline', `${request.verb} ${request.name}`)), defaultDeadlineMs[request.verb]);
    await perform(request, surroundings, controller.signal);
    return walExitCodes.done;
  } catch (thrown) {
    return report(thrown, surroundings, controller.signal);
  } finally {
    clearTimeout(timer);
    surroundings.signal.removeEventListener('abort', stop);
  }
}

interface WalRequest {
  verb: 'push' | 'fetch';
  name: string;
  path: string;
  configPath: string;
  mode: 'recovery' | 'standby';
  systemId: string | undefined;
}

function readRequest(argv: readonly string[]): WalRequest {
  const { values, positionals } = parse(argv);
  const [verb, ...names] = positionals;
  if (verb !== 'push' && verb !== 'fetch') throw usage('the first word has to be push or fetch');
  if (values.config === undefined || !isAbsolute(values.config)) {
    throw usage('--config with an absolute path is needed: PostgreSQL runs this in its data directory');
  }
  if (names.length !== (verb === 'push' ? 1 : 2)) throw usage(verb === 'push' ? 'push needs %p' : 'fetch needs %f and %p');
  if (values.mode !== 'recovery' && values.mode !== 'standby') throw usage('--mode is recovery or standby');
  if (values.system !== undefined && !/^[1-9][0-9]{0,19}$/.test(values.system)) throw usage('--system is a system identifier, a number');
  return {
    verb,
    name: names[0] as string,
    path: names.at(-1) as string,
    configPath: values.config,
    mode: values.mode,
    systemId: values.system,
  };
}

function parse(argv: readonly string[]) {
  try {
    const options = { config: { type: 'string' }, mode: { type: 'string', default: 'recovery' }, system: { type: 'string' } } as const;
    return parseArgs({ args: [...argv], options, allowPositionals: true });
  } catch (error) {
    throw usage(messageOf(error));
  }
}

async function perform(request: WalRequest, { env, cwd, isWanted }: WalSurroundings, signal: AbortSignal): Promise<void> {
  const { config } = await loadConfig({ path: request.configPath, env });
  const { cluster } = config;
  if (cluster === undefined) throw new OpsError('CONFIG_SECTION_MISSING', { message: `${request.configPath} does not name the cluster` });
  const settings = await repositoriesOf(config, { env, cwd, configPath: request.configPath, signal });
  const repositories = settings.map(
    ({ name, store }): RepositoryDoor => ({
      name,
      open: async (opening) => openRepository(await openObjectStore(store), { cluster, name, signal: opening }),
    }),
  );
  const common = { path: request.path, dataDir: cwd, systemId: request.systemId, repositories, env, signal };
  if (request.verb === 'fetch') {
    await fetchWal({ ...common, name: request.name, mode: request.mode, isWanted });
    return;
  }
  const now = `${new Date().toISOString().slice(0, 23)}000Z`;
  await pushWal({ ...common, host: hostname(), now, runId: newRunId(now) });
}

/** One line for the server's log, with the code that `explain` knows. */
function report(thrown: unknown, { writeError }: WalSurroundings, signal: AbortSignal): number {
  const stop = stopReason(signal) ?? stopReason(thrown);
  if (stop) {
    writeError(`copilot-db-wal: ${stop.error.code}: ${stop.error.message}`);
    return stop.error.code === 'DEADLINE_PASSED' ? 124 : 143;
  }
  if (!isOpsError(thrown)) {
    writeError(`copilot-db-wal: UNEXPECTED: ${oneLine(thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown))}`);
    return 1;
  }
  if (thrown.code === 'WAL_NOT_ARCHIVED') {
    return walExitCodes.absent;
  }
  const why = thrown.detail === undefined ? '' : ` (${oneLine(thrown.detail)})`;
  writeError(`copilot-db-wal: ${thrown.code}: ${oneLine(thrown.message)}${why}; copilot-db explain ${thrown.code}`);
  return thrown.exitCode;
}

function usage(message: string): OpsError {
  return new OpsError('USAGE_INVALID', { message });
}

function oneLine(text: string): string {
  return text
    .trim()
    .split(/\s*\n\s*/)
    .join(' | ');
}
