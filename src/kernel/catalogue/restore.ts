import { defineErrors } from './entry.ts';

export const restoreErrors = defineErrors({
  RESTORE_TARGET_TOO_EARLY: {
    exit: 'refused',
    title: 'no base backup stopped before the target',
    explain:
      'Recovery starts from a base backup and goes forward. A target that lies before the end of the oldest base backup cannot be reached from it, and PostgreSQL would not complain: it would open right after the backup. So the base backup has to have stopped strictly before the target.',
    nextSteps: ['`copilot-db backup list` shows the base backups', 'Choose a later target'],
  },
  RESTORE_TARGET_IN_FUTURE: {
    exit: 'usage',
    title: 'the target is in the future',
    explain:
      'PostgreSQL replays all WAL and then refuses to open when it never meets a transaction after the target. All that there is comes back with --latest.',
    nextSteps: ['Give --latest instead of a time'],
  },
  RESTORE_TARGET_BEYOND_ARCHIVE: {
    exit: 'refused',
    title: 'the archive ends before the target',
    explain:
      'PostgreSQL stops before the first transaction that ended after the target. When the archive holds none, it refuses to open although nothing is lost. Either nothing was committed after the target, or the newest segment has not been archived yet.',
    nextSteps: [
      'Where the old server still runs, `SELECT pg_switch_wal()` sends its newest segment to the archive; then try again',
      'Give --latest instead of a time',
      'Choose an earlier target',
    ],
  },
  RESTORE_BASE_UNKNOWN: {
    exit: 'usage',
    title: 'no base backup of that label',
    explain: 'A base backup exists when its manifest does. The label is the name that `backup list` shows.',
    nextSteps: ['`copilot-db backup list`'],
  },
  RESTORE_NOTHING_USABLE: {
    exit: 'refused',
    title: 'no base backup can be used',
    explain:
      'The repository holds no base backup, or none of them lies on the way to the newest timeline. After a promotion the old timeline is left behind; a backup that was taken on it later has no WAL that leads on.',
    nextSteps: ['`copilot-db backup list`', 'Check that the configuration names the right cluster and repository'],
  },
  RESTORE_WAL_MISSING: {
    exit: 'integrity',
    title: 'WAL that recovery needs is missing',
    explain:
      'Every segment from the start of the base backup to the target has to be in the repository. One is not there, although it is needed or later ones are there. Recovery cannot step over a hole; targets before it can still be reached.',
    nextSteps: ['Look for the segment in `pg_wal` of the primary and its standbys, and push it', 'Choose a target before the hole'],
  },
  RESTORE_OBJECT_DAMAGED: {
    exit: 'integrity',
    title: 'an object of the base backup is missing or damaged',
    explain:
      'Size and SHA-256 of every object are compared with the manifest while it is read. The directory was not given a `global/pg_control`, so no server can start in it.',
    nextSteps: [
      'Choose another base backup with `--base LABEL`',
      'Look at the object in the store: bit rot, a lifecycle rule, a hand that deleted it',
    ],
  },
  RESTORE_ARCHIVE_UNSAFE: {
    exit: 'integrity',
    title: 'the archive holds what does not belong there',
    explain:
      'The names in the archive are checked before anything is written. An absolute path, a path with `..`, a device or a link that leaves the directory is never what PostgreSQL sends, so the archive was not made by a base backup.',
    nextSteps: ['Choose another base backup with `--base LABEL`', 'Find out who can write to the repository'],
  },
  RESTORE_TABLESPACES_UNMAPPED: {
    exit: 'refused',
    title: 'the backup has tablespaces outside of the data directory',
    explain:
      'Their directories would be those of the original server. This version restores clusters whose data lies in the data directory alone.',
    nextSteps: ['Extract the archives by hand as docs/repository-format.md describes'],
  },
  RESTORE_TARGET_NOT_EMPTY: {
    exit: 'refused',
    title: 'the directory is not empty',
    explain:
      'A restore only writes into a directory that is new or empty, so that it can never destroy anything. What an earlier restore left unfinished is recognised by its marker and cleared.',
    nextSteps: ['Give another directory with --data-dir', 'Move the content away if you are sure'],
  },
  RESTORE_DISK_TOO_SMALL: {
    exit: 'refused',
    title: 'the disk is too small',
    explain:
      'The files of the base backup need more space than the file system of the directory has free. WAL needs some more while it is replayed.',
    nextSteps: ['Give a directory on a larger file system', 'Make room'],
  },
  RESTORE_DIRECTORY_UNUSABLE: {
    exit: 'refused',
    title: 'the directory cannot be used',
    explain: 'The directory cannot be created, or the user who will run the server cannot enter it.',
    nextSteps: ['Create the directory above it and let the server user enter it', 'Give another directory with --data-dir'],
  },
  RESTORE_OWNER_SHUT_OUT: {
    exit: 'usage',
    title: 'the user of the restored server cannot reach what it needs',
    explain:
      'PostgreSQL refuses to run as root. The user who would own the restored files has to enter the directory and read the configuration, the program that fetches WAL and a repository in a directory; otherwise recovery would stop at its first segment. Root in a user namespace reads only what root owns or everybody may read.',
    nextSteps: ['Give another user with --owner', 'Let that user read what is named', 'Choose a directory that the user can enter'],
  },
  RESTORE_PROGRAMS_MISSING: {
    exit: 'usage',
    title: 'no PostgreSQL of the right version here',
    explain:
      'Files of one major version can only be opened by programs of the same major version. Without --start no program of PostgreSQL is needed.',
    nextSteps: ['Install PostgreSQL of that version, or set `postgres.bin_dir`', 'Leave out --start and start the server elsewhere'],
  },
  RESTORE_EXTRACT_FAILED: {
    exit: 'failed',
    title: 'tar could not extract the backup',
    explain:
      'The archive was read, but its files could not be written: no space, no rights, or no usable tar. The directory cannot start; the same command clears it and begins again.',
    nextSteps: ['Read what tar said', 'Run the same command again'],
  },
  RESTORE_SERVER_STOPPED: {
    exit: 'integrity',
    title: 'the server ended before the recovery did',
    explain:
      'The restored server was started and ended by itself before it reached the target. PostgreSQL does so when WAL is damaged or cannot be fetched, when the target is never met, or when its settings do not allow recovery. It did not open short of the target.',
    nextSteps: ['Read the log lines above', 'Restore again into another directory once the cause is mended'],
  },
  RESTORE_UNPROVEN: {
    exit: 'integrity',
    title: 'the server opened, but not where it should have',
    explain:
      'A recovery is only believed when the server left it on a new timeline whose history names the reason: before a transaction after the target, or, with --latest, in the newest segment of the archive. PostgreSQL takes damaged WAL for the end of WAL and opens there. The server was stopped; nothing was written to the archive.',
    nextSteps: ['Read the log of the server, `copilot-db.log` in its directory', 'Restore from a newer base backup, behind the damage'],
  },
});
