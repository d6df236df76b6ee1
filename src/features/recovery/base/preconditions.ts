import { OpsError } from '#kernel/errors';
import type { ServerFacts } from './server-facts.ts';

/**
 * What has to be so before a byte is read. A standby would put standby.signal into the backup and archive nothing of its last
 * segment; without archiving BASE_BACKUP answers success with a notice (both tried, decision 0026).
 * @throws BACKUP_IN_RECOVERY, BACKUP_ARCHIVING_OFF, BACKUP_RIGHTS_MISSING
 */
export function checkServerCanBeBackedUp(server: ServerFacts, location: string): void {
  if (server.inRecovery) {
    throw new OpsError('BACKUP_IN_RECOVERY', {
      message: `The server at ${location} is in recovery; base backups are taken from the primary`,
      details: { location },
    });
  }
  const archives = server.archiveMode !== 'off' && (!server.archiveCommandEmpty || server.archiveLibrary !== '');
  if (!archives) {
    throw new OpsError('BACKUP_ARCHIVING_OFF', {
      message: `The server at ${location} does not archive its WAL (${server.archiveMode === 'off' ? 'archive_mode = off' : 'archive_command is empty'})`,
      details: { location, archiveMode: server.archiveMode },
    });
  }
  if (!server.mayReplicate) throw rightsMissing(server.userName, location, 'the role lacks the attribute REPLICATION');
  if (server.maxWalSenders < 1) throw rightsMissing(server.userName, location, 'max_wal_senders is 0');
}

export function rightsMissing(userName: string, location: string, reason: string, cause?: unknown): OpsError {
  return new OpsError('BACKUP_RIGHTS_MISSING', {
    message: `${location} does not let ${userName} read a base backup: ${reason}`,
    details: { location, userName },
    cause,
  });
}
