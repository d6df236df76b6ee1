import { open, rename, rm } from 'node:fs/promises';
import { messageOf, OpsError } from '#kernel/errors';

/**
 * Puts a checked file where PostgreSQL wants it, whole or not at all. One fixed temporary name a target, so that a killed fetch leaves
 * at most one file behind and the next one replaces it; made anew, so that a forgotten writer keeps its old file.
 * @param isWanted asked last: a target like pg_wal/RECOVERYXLOG soon stands for another segment
 * @throws WAL_TARGET_UNWRITABLE, WAL_ABANDONED
 */
export async function placeFile(target: string, body: Buffer, isWanted: () => boolean, signal: AbortSignal): Promise<void> {
  const temporary = `${target}.copilot-db.tmp`;
  try {
    await rm(temporary, { force: true });
    const file = await open(temporary, 'wx', 0o600);
    try {
      await file.writeFile(body, { signal });
      await file.sync();
    } finally {
      await file.close();
    }
    signal.throwIfAborted();
    if (!isWanted()) throw new OpsError('WAL_ABANDONED', { message: `Nobody waits for ${target} any more` });
    await rename(temporary, target);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {});
    signal.throwIfAborted();
    if (error instanceof OpsError) throw error;
    throw new OpsError('WAL_TARGET_UNWRITABLE', {
      message: `${target} cannot be written`,
      detail: messageOf(error),
      details: { target },
      cause: error,
    });
  }
}
