import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { OpsError } from '#kernel/errors';
import { processIdentity } from '#platform/process-identity';
import { type JournalLine, journalDir } from './journal.ts';

export interface RunSummary {
  runId: string;
  command: string;
  startedAt: string;
  endedAt: string | null;
  /** killed: no end was written, and its process is gone. */
  outcome: 'done' | 'failed' | 'running' | 'killed';
  code: string | null;
  actor: string;
  host: string;
  summary: string;
}

/** The runs of this host, newest first. */
export async function listRuns(stateDirectory: string, host: string): Promise<RunSummary[]> {
  const names = await readdir(journalDir(stateDirectory)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const ids = names.filter((name) => name.endsWith('.jsonl')).map((name) => name.slice(0, -'.jsonl'.length));
  const runs = await Promise.all(ids.map(async (id) => summarise(await readRun(stateDirectory, id), host)));
  return runs.filter((run) => run !== undefined).sort((a, b) => (a.runId < b.runId ? 1 : -1));
}

/** A run's lines. A last line that a kill cut in half is left out. @throws RUN_NOT_FOUND */
export async function readRun(stateDirectory: string, runId: string): Promise<JournalLine[]> {
  const path = join(journalDir(stateDirectory), `${runId}.jsonl`);
  const text = /^[\w-]+$/.test(runId) ? await readFile(path, 'utf8').catch(() => undefined) : undefined;
  if (text === undefined) throw new OpsError('RUN_NOT_FOUND', { message: `There is no run ${runId} in ${journalDir(stateDirectory)}` });
  return text.split('\n').flatMap((line) => {
    try {
      return [JSON.parse(line) as JournalLine];
    } catch {
      return [];
    }
  });
}

export async function summarise(journal: readonly JournalLine[], host: string): Promise<RunSummary | undefined> {
  const start = journal.find((line) => line.kind === 'start');
  if (!start) return undefined;
  const end = journal.findLast((line) => line.kind === 'end');
  const isRunning = end === undefined && start.host === host && (await processIdentity(start.pid)).startTicks !== undefined;
  return {
    runId: start.runId,
    command: start.command,
    startedAt: start.at,
    endedAt: end?.at ?? null,
    outcome: end ? (end.outcome === 'done' ? 'done' : 'failed') : isRunning ? 'running' : 'killed',
    code: end?.code ?? null,
    actor: start.actor,
    host: start.host,
    summary: start.summary,
  };
}
