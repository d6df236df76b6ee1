import { type FileHandle, mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, OpsError } from '#kernel/errors';
import type { Json } from '#kernel/json';
import type { Clock } from '#kernel/time';
import { syncDirectory } from '#platform/atomic-file';

/** One line of a run's journal. `kind` tells which fields are there. */
export type JournalLine =
  | {
      kind: 'start';
      at: string;
      runId: string;
      command: string;
      planHash: string;
      actor: string;
      host: string;
      pid: number;
      summary: string;
    }
  | { kind: 'step'; at: string; id: string; state: 'begin' | 'done'; facts?: Json }
  | { kind: 'end'; at: string; outcome: string; code?: string; message?: string };

export interface OpenJournal {
  write(line: Unstamped<JournalLine>): Promise<void>;
  close(): Promise<void>;
}

type Unstamped<Line> = Line extends JournalLine ? Omit<Line, 'at'> : never;

export function journalDir(stateDirectory: string): string {
  return join(stateDirectory, 'runs');
}

/**
 * One file per run, JSON lines, each durable before the call returns: what is in it happened or was about to.
 * @throws JOURNAL_UNWRITABLE, so that nothing is changed without a trace
 */
export async function openJournal(stateDirectory: string, runId: string, clock: Clock): Promise<OpenJournal> {
  const directory = journalDir(stateDirectory);
  const path = join(directory, `${runId}.jsonl`);
  const handle = await orUnwritable(path, async () => {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    const created = await open(path, 'ax', 0o600);
    await syncDirectory(directory);
    return created;
  });
  return {
    write: (line) => orUnwritable(path, () => appendDurably(handle, { at: clock.now(), ...line })),
    close: () => handle.close(),
  };
}

async function appendDurably(handle: FileHandle, line: object): Promise<void> {
  await handle.appendFile(`${JSON.stringify(line)}\n`);
  await handle.datasync();
}

async function orUnwritable<Result>(path: string, act: () => Promise<Result>): Promise<Result> {
  try {
    return await act();
  } catch (error) {
    throw new OpsError('JOURNAL_UNWRITABLE', { message: `The journal ${path} cannot be written`, detail: messageOf(error), cause: error });
  }
}
