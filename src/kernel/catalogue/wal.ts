import { defineErrors } from './entry.ts';

/** What `wal push` and `wal fetch` can say. The exit classes are ours; bin/copilot-db-wal turns them into what PostgreSQL understands. */
export const walErrors = defineErrors({
  WAL_NAME_INVALID: {
    exit: 'usage',
    title: 'PostgreSQL has no WAL file of this name',
    explain:
      'PostgreSQL archives segments (24 hex digits), `.partial` segments, `.backup` files and timeline histories. Another name means that ' +
      'the command line is not the one PostgreSQL has to run: push gets `%p`, fetch gets `%f` and `%p`, in this order.',
    nextSteps: ['Correct `archive_command` or `restore_command`; `copilot-db wal push --help` shows both'],
  },
  WAL_FILE_UNREADABLE: {
    exit: 'failed',
    title: 'a WAL file cannot be read',
    explain: 'The file that PostgreSQL named is not there or cannot be read by this user. Paths are relative to the data directory.',
    nextSteps: ['Run the command in the data directory, as the user of the server', 'Check the disk that holds pg_wal'],
  },
  WAL_FILE_INVALID: {
    exit: 'integrity',
    title: 'this is not the WAL that its name says',
    explain:
      'Every segment begins with a page header: a magic number of its PostgreSQL version, the address of the segment, its size and the ' +
      'system identifier. Here they do not fit the name or the size of the file, so the file was cut short, overwritten or confused with another.',
    nextSteps: [
      'When pushing: check the disk that holds pg_wal, and take a new base backup when the segment is lost',
      'When fetching: restore to a target before this segment, or from another repository',
    ],
  },
  WAL_SYSTEM_UNKNOWN: {
    exit: 'usage',
    title: 'it is not known which database system this is',
    explain:
      'A repository may hold the WAL of several systems, so the system identifier decides where a file belongs. It is read from ' +
      '`global/pg_control` in the working directory, where PostgreSQL runs the command. A guess could serve the WAL of another server.',
    nextSteps: ['Run the command in the data directory', 'Or name it: `--system SYSTEM_ID`'],
  },
  WAL_SYSTEM_MISMATCH: {
    exit: 'integrity',
    title: 'the segment was written by another database system',
    explain:
      'The system identifier in the segment is not that of the data directory (or of `--system`). WAL of two systems must never be mixed: ' +
      'replaying the other one destroys data.',
    nextSteps: [
      'Find out how the file of another server came to this place',
      'Check that every server has a repository or a cluster name of its own',
    ],
  },
  WAL_CONFLICT: {
    exit: 'integrity',
    title: 'the archive holds another file of this name',
    explain:
      'A WAL file of this name is archived with other bytes. Two servers of one origin write to one place: a promoted copy or a restored ' +
      'clone still archives, or the data directory was put back without recovery. Nothing was overwritten: what is archived stays as it is, ' +
      'and PostgreSQL keeps its own file until this is resolved.',
    nextSteps: [
      'Find the other server; the run id and host in the message say who stored the file',
      'Stop archiving on the copy: `ALTER SYSTEM SET archive_mode = off` and a restart',
      'If this server is the wrong one, rebuild it from a base backup',
    ],
  },
  WAL_NOT_ARCHIVED: {
    exit: 'failed',
    title: 'the file was never archived',
    explain:
      'The repository and the system were found, the store said that the object does not exist, and a listing shows neither it nor any later ' +
      'segment of its timeline. This is how recovery learns that the archive has ended.',
    nextSteps: ['`copilot-db backup list` shows what can be restored'],
  },
  WAL_GAP: {
    exit: 'integrity',
    title: 'a WAL file is missing and later ones are there',
    explain:
      'The archive goes on behind the missing segment, on its timeline or on one that branched off later, or a timeline has WAL and no history. So ' +
      'this is a hole and not the end. Recovery stops here rather than opening the database without everything that came after.',
    nextSteps: [
      'Look for the segment on the old primary (pg_wal) and archive it: `copilot-db-wal push`',
      'Or restore to a target before the hole',
    ],
  },
  WAL_LISTING_CONTRADICTS: {
    exit: 'unavailable',
    title: 'the store contradicts itself',
    explain:
      'A read said that the object does not exist, and a listing shows it. It was stored in between, or the store is not consistent. ' +
      'Nothing is concluded from it.',
    nextSteps: ['Try again'],
  },
  WAL_TARGET_UNWRITABLE: {
    exit: 'failed',
    title: 'the fetched file cannot be written',
    explain: 'The file was fetched and is right, but it could not be put where PostgreSQL wants it: a full disk or missing rights.',
    nextSteps: ['Make room on the disk that holds pg_wal', 'Run the command as the user of the server'],
  },
  WAL_ABANDONED: {
    exit: 'failed',
    title: 'nobody waits for the file any more',
    explain:
      'bin/copilot-db-wal ended while the file was on its way. Its name may already stand for another segment, so nothing was put there.',
    nextSteps: ['Nothing: PostgreSQL asks again'],
  },
});
