import type { PostgresClient } from '#stores/postgres/connect';
import { utcSql } from './server-facts.ts';

/** What the server says about its archiver; it cannot know where the segments really went. */
type ArchiverState = {
  lastArchivedWal: string | null;
  lastFailedWal: string | null;
  lastFailedTime: string | null;
  failedCount: number;
};

const archiverSql = `
select last_archived_wal as "lastArchivedWal", last_failed_wal as "lastFailedWal",
       ${utcSql('last_failed_time')} as "lastFailedTime", failed_count::int as "failedCount"
  from pg_stat_archiver`;

/** What the server's own view says about the segment that is missing. */
export async function explainMissing(client: PostgresClient, segment: string): Promise<{ detail: string; archiver: ArchiverState }> {
  const { rows } = await client.query<ArchiverState>(archiverSql);
  const archiver = rows[0] as ArchiverState;
  return { detail: describeArchiver(archiver, segment), archiver };
}

function describeArchiver(archiver: ArchiverState, segment: string): string {
  if (archiver.lastArchivedWal !== null && archiver.lastArchivedWal >= segment) {
    return `PostgreSQL believes it has archived up to ${archiver.lastArchivedWal}: its archive_command writes to another place, or answers success without storing.`;
  }
  const failed =
    archiver.lastFailedWal === null
      ? 'No failure has been counted; the archive_command may hang.'
      : `The last failure was with ${archiver.lastFailedWal} at ${archiver.lastFailedTime} (${archiver.failedCount} in all).`;
  return `PostgreSQL has archived up to ${archiver.lastArchivedWal ?? 'nothing yet'}. ${failed}`;
}
