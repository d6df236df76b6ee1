import { setTimeout as sleep } from 'node:timers/promises';
import { isOpsError, OpsError } from '#kernel/errors';
import type { Reporter } from '#kernel/events';
import { type Lsn, parseLsn } from '#kernel/lsn';
import type { PrivatePostgres } from '#platform/private-postgres';
import { decisiveLines, endedBeforeTarget, pausedForSettings, readLogFrom } from './recovery-log.ts';
import { type RecoveryState, readRecoveryState } from './recovery-state.ts';

export interface RecoveryWatch {
  server: PrivatePostgres;
  /** Roles to ask as, in this order: the cluster's names are not known before it answers. */
  usernames: readonly string[];
  logPath: string;
  logOffset: number;
  startLsn: Lsn;
  reporter: Reporter;
  signal: AbortSignal;
}

const pollMs = 100;

/**
 * Asks the server until it left recovery or paused at its target. What pg_ctl would say proves nothing: it is content while a server
 * is about to abort. @throws RESTORE_SERVER_STOPPED, RESTORE_TARGET_BEYOND_ARCHIVE, RESTORE_UNPROVEN, the signal's reason
 */
export async function awaitRecovery(watch: RecoveryWatch): Promise<RecoveryState> {
  const { server, logPath, logOffset, signal } = watch;
  while (true) {
    const state = await tryToAsk(watch);
    if (state !== undefined) {
      report(watch, state);
      if (!state.isInRecovery) return state;
      if (state.isPaused) {
        const log = await readLogFrom(logPath, logOffset);
        if (pausedForSettings(log))
          throw stoppedError(
            log,
            'The limits of the original were raised after the base backup; recovery cannot go on with those of the backup',
          );
        return state;
      }
    }
    if (!(await server.isRunning())) throw stoppedError(await readLogFrom(logPath, logOffset));
    await sleep(pollMs);
    signal.throwIfAborted();
  }
}

/** Why a server that is recovering ended by itself, in its own words. */
export function stoppedError(log: string, why?: string): OpsError {
  const words = decisiveLines(log).join('\n');
  const detail = [why, words].filter((it) => it !== undefined && it !== '').join('\n');
  if (endedBeforeTarget(log)) {
    return new OpsError('RESTORE_TARGET_BEYOND_ARCHIVE', {
      message: 'The archive ended before the target was reached; the server did not open',
      detail,
    });
  }
  return new OpsError('RESTORE_SERVER_STOPPED', {
    message: 'The restored server ended before its recovery did',
    detail: detail === '' ? 'Its log says nothing about why' : detail,
  });
}

/** undefined while the server does not answer yet, which is not an error as long as it runs. */
async function tryToAsk({ server, usernames, signal }: RecoveryWatch): Promise<RecoveryState | undefined> {
  for (const username of usernames) {
    try {
      return await readRecoveryState({ host: server.host, port: server.port, username }, signal);
    } catch (error) {
      signal.throwIfAborted();
      if (isOpsError(error, 'POSTGRES_STARTING', 'POSTGRES_UNREACHABLE', 'POSTGRES_CONNECTION_LOST', 'POSTGRES_TOO_MANY_CONNECTIONS'))
        return undefined;
      // A promotion between two parts of the question: the next answer is whole.
      if (isOpsError(error, 'POSTGRES_QUERY_FAILED') && error.details.sqlState === '55000') return undefined;
      if (!isOpsError(error, 'POSTGRES_LOGIN_REFUSED')) throw error;
    }
  }
  throw new OpsError('RESTORE_UNPROVEN', {
    message: `The restored server knows none of the roles ${usernames.join(', ')}, so nobody can ask how far it is`,
    nextSteps: ['Name a role of the original in `postgres.primary.username`'],
    details: { usernames: [...usernames] },
  });
}

function report({ reporter, startLsn }: RecoveryWatch, { replayedLsn, replayedAt }: RecoveryState): void {
  if (replayedLsn === null) return;
  const done = Math.max(0, Number(parseLsn(replayedLsn) - parseLsn(startLsn)));
  reporter.progress({ phase: 'replay', done, unit: 'bytes', detail: replayedAt === null ? replayedLsn : `${replayedLsn}, ${replayedAt}` });
}
