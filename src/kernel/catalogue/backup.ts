import { defineErrors } from './entry.ts';

export const backupErrors = defineErrors({
  BACKUP_IN_RECOVERY: {
    exit: 'refused',
    title: 'the server is a standby',
    explain:
      'A base backup of a standby would hold its standby.signal, and its last segments are archived by nobody. Base backups are read from the primary.',
    nextSteps: [
      'Point `postgres.primary` at the primary: `copilot-db config show`',
      'Ask the server: `psql -c "select pg_is_in_recovery()"`',
    ],
  },
  BACKUP_ARCHIVING_OFF: {
    exit: 'usage',
    title: 'the server does not archive its WAL',
    explain:
      'A base backup without the WAL written meanwhile cannot be recovered. PostgreSQL would make one all the same and say so in a notice only.',
    nextSteps: [
      'Set `archive_mode = on` and `archive_command` to `copilot-db-wal push` in postgresql.conf and restart the server',
      'See what is missing: `copilot-db doctor`',
    ],
  },
  BACKUP_RIGHTS_MISSING: {
    exit: 'usage',
    title: 'the user may not read a base backup',
    explain:
      'BASE_BACKUP needs a role with REPLICATION (or a superuser), a line in pg_hba.conf for the pseudo database `replication`, and `max_wal_senders` of at least 1.',
    nextSteps: [
      '`psql -c "alter role NAME replication"`',
      'Add to pg_hba.conf: `local replication NAME peer`, then `psql -c "select pg_reload_conf()"`',
    ],
  },
  BACKUP_SERVERS_DIFFER: {
    exit: 'usage',
    title: 'one address, two servers',
    explain:
      'The SQL connection and the replication connection reached servers with different system identifiers: a name with several addresses, or a pooler between.',
    nextSteps: ['Set `postgres.primary.host` to the primary itself, not to a pooler or a shared name'],
  },
  BACKUP_ARCHIVER_STUCK: {
    exit: 'unavailable',
    title: 'WAL does not arrive in the repository',
    explain:
      'Before a base backup a marker is written into the WAL and its segment is closed. It has to appear in the repository, otherwise the backup could never be recovered. Nothing was read.',
    nextSteps: [
      "Read the server's log for `archive command failed`",
      'Check the whole path of WAL: `copilot-db doctor`',
      'Run the archive_command by hand as the user of the server',
    ],
  },
  BACKUP_WAL_MISSING: {
    exit: 'unavailable',
    title: "the backup's own WAL did not arrive",
    explain:
      'All data was read, but segments between the start and the stop of the backup are not in the repository. Without them the data is not consistent, so no manifest was written and there is no backup.',
    nextSteps: [
      "Read the server's log for `archive command failed`",
      'Check the whole path of WAL: `copilot-db doctor`',
      'Run the backup again',
    ],
  },
  BACKUP_TIMELINE_CHANGED: {
    exit: 'unavailable',
    title: 'the server changed its timeline during the backup',
    explain: 'A backup begins and ends on one timeline. No manifest was written.',
    nextSteps: ['Find out who promoted or restored the server', 'Run the backup again'],
  },
  BACKUP_PAGES_CORRUPT: {
    exit: 'integrity',
    title: 'the server found pages with a wrong checksum',
    explain:
      'While it sent its files the server verified the page checksums, and some were wrong: the disk, the memory or a program below PostgreSQL changed data. No manifest was written: this is no good backup, and the older ones must be kept.',
    nextSteps: [
      'Keep the backups you have: do not run `backup expire`',
      'Look at the files named above, and at the disk: `dmesg`, `smartctl -a DEVICE`',
      'Recover to another directory and compare: `copilot-db restore pitr --latest --data-dir DIR`',
    ],
  },
  BACKUP_NOT_FOUND: {
    exit: 'usage',
    title: 'no such backup',
    explain: 'The repository holds no manifest of this label. What has no manifest is no backup, even when some of its data is there.',
    nextSteps: ['List what there is: `copilot-db backup list`', 'Look in another repository: `--repository NAME`'],
  },
  BACKUP_PROTOCOL: {
    exit: 'failed',
    title: 'the server answered BASE_BACKUP in a way that is not known',
    explain: 'The replication protocol of PostgreSQL 15 to 18 was expected and something else came. Nothing was published.',
    nextSteps: ['Check the version of the server: `psql -c "show server_version"`', 'Report it with the version of the server'],
  },
});
