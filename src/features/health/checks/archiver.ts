import type { Check } from '../check.ts';
import { requireServer } from './require-server.ts';

/** What the server itself says; where the files really are is for the round trip. */
export const archiverCheck: Check = {
  id: 'wal.archiver',
  area: 'wal',
  async look(subject) {
    const { lastArchivedWal, lastArchivedAt, lastFailedWal, lastFailedAt, failedCount } = await requireServer(subject);
    const archived = lastArchivedWal === null ? 'nothing archived yet' : `last archived ${lastArchivedWal} at ${lastArchivedAt}`;
    const isFailing = lastFailedAt !== null && (lastArchivedAt === null || lastFailedAt > lastArchivedAt);
    if (!isFailing) return { status: 'ok', evidence: failedCount === 0 ? archived : `${archived}; ${failedCount} failures before that` };
    return {
      status: 'failed',
      evidence: `${archived}; last failed ${lastFailedWal} at ${lastFailedAt}, ${failedCount} failures in all`,
      impact: 'WAL stays on the server only, and pg_wal grows until the disk is full',
      fix: "read the server's log: lines that begin with copilot-db-wal name the cause and its code",
    };
  },
};
