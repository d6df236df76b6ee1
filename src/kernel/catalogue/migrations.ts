import { defineErrors } from './entry.ts';

/** Migration files, their history, and running them. */
export const migrationErrors = defineErrors({
  MIGRATION_DIR_MISSING: {
    exit: 'usage',
    title: 'no migrations directory',
    explain: 'The directory of the migrations does not exist or cannot be read. Without `--dir` it is the one that comes with the program.',
    nextSteps: ['Check the path given with `--dir`'],
  },
  MIGRATION_NAME_INVALID: {
    exit: 'usage',
    title: 'a file is not named like a migration',
    explain:
      'Every .sql file of the directory has to be `V<number>_<name>.sql` or its rollback `R<number>_<name>.sql`, with at least three digits. One that is not would never run, and nobody would notice.',
    nextSteps: ['Rename the file or move it elsewhere', '`copilot-db migrate new NAME` makes a pair with the right names'],
  },
  MIGRATION_DUPLICATE: {
    exit: 'usage',
    title: 'two files have one version',
    explain: 'Often two branches took the same number. Which of them a database has applied cannot be told by the number, so none is run.',
    nextSteps: ['Give the newer one the next free number'],
  },
  MIGRATION_UNREADABLE: {
    exit: 'usage',
    title: 'a migration is no UTF-8 text',
    explain: 'The file cannot be read, or its bytes are not valid UTF-8, so a literal in it would not arrive as it was meant.',
    nextSteps: ['Save the file as UTF-8', 'Check owner and mode of the file'],
  },
  MIGRATION_EMPTY: {
    exit: 'usage',
    title: 'a migration without a statement',
    explain:
      'The file holds nothing but comments. Applied as it is, it could never be filled in later, because its checksum would be in the history.',
    nextSteps: ['Write the statements, or remove the file'],
  },
  MIGRATION_UNSUPPORTED: {
    exit: 'usage',
    title: 'a statement that a migration cannot hold',
    explain:
      'Migrations run inside a transaction that the program begins and ends, over the plain protocol: commands of psql (`\\i`, `\\copy`), transaction control (`BEGIN`, `COMMIT`, `ROLLBACK`), `COPY` from or to the client, and a concurrent index without a name are refused before anything runs.',
    nextSteps: ['Take the statement out; the transaction is there already'],
  },
  MIGRATION_MIXED: {
    exit: 'usage',
    title: 'a statement that has to be alone in its file',
    explain:
      'Statements such as CREATE INDEX CONCURRENTLY or VACUUM cannot run in a transaction. In a file with others, a failure would leave half of the file done. Alone in its file, such a statement is run outside a transaction and can be run again.',
    nextSteps: ['Move the statement to a migration of its own'],
  },
  MIGRATION_UNKNOWN_VERSION: {
    exit: 'usage',
    title: 'no such version',
    explain:
      'The version given with --to is neither a file of the directory nor, for `down`, in the history of the database. 0 means before the first.',
    nextSteps: ['`copilot-db migrate status`'],
  },
  MIGRATION_CHANGED: {
    exit: 'refused',
    title: 'an applied migration was edited',
    explain:
      'The file is not the one that was applied: its checksum differs from the one in the history. Line endings, a byte order mark and white space at the end of lines do not count. What the database has and what the files say are two different things now.',
    nextSteps: [
      'Restore the file from version control and put the change into a new migration',
      'In a development database: `copilot-db migrate down`, which uses the rollback that was stored, then `copilot-db migrate up`',
    ],
  },
  MIGRATION_FILE_MISSING: {
    exit: 'refused',
    title: 'an applied migration has no file',
    explain:
      'The history holds a version that the directory does not: an older release meets a newer database, or a file was deleted. `down` still works, because rollbacks are stored in the database.',
    nextSteps: ['Use the release that the database was migrated with', '`copilot-db migrate status`'],
  },
  MIGRATION_OUT_OF_ORDER: {
    exit: 'refused',
    title: 'a pending migration is older than an applied one',
    explain:
      'Other databases ran it before the newer ones, this one would run it after them, and the results may differ. Usually a branch was merged late.',
    nextSteps: ['Give the file the next free number'],
  },
  MIGRATION_ROLLBACK_MISSING: {
    exit: 'refused',
    title: 'a migration has no rollback',
    explain:
      'There is no R file of that version, and none was stored in the database when it was applied. Some changes cannot be taken back.',
    nextSteps: [
      'Write the R file, or a new migration that goes forward',
      '`copilot-db restore pitr` recovers an earlier state of the data',
    ],
  },
  MIGRATION_ROLLBACK_CHANGED: {
    exit: 'refused',
    title: 'there are two rollbacks of one version',
    explain:
      'The R file differs from the rollback that was stored with the migration when it was applied. Which of them fits the database is for a person to say.',
    nextSteps: [
      'Compare them: `select rollback_sql from schema_rollbacks`',
      'Choose with `--rollback-from file` or `--rollback-from history`',
    ],
  },
  MIGRATION_HISTORY_FOREIGN: {
    exit: 'refused',
    title: 'schema_migrations belongs to another tool',
    explain:
      'The database has a table of that name without the columns that this program writes. Several tools use the name. It was left alone.',
    nextSteps: ['Look at it: `select * from schema_migrations`', 'Use another database, or rename that table once its tool is retired'],
  },
  MIGRATION_HISTORY_MOVED: {
    exit: 'busy',
    title: 'another run changed the history meanwhile',
    explain:
      'Between the plan and the act, somebody else applied or rolled back this version without holding the lock. Nothing of this migration was applied here.',
    nextSteps: ['`copilot-db migrate status`, then run the same command again'],
  },
  MIGRATION_FAILED: {
    exit: 'failed',
    title: 'a migration failed',
    explain:
      'PostgreSQL refused a statement. The frame shows the place. A migration runs in one transaction with its history row: nothing of the failed one was applied, and those before it stay.',
    nextSteps: ['Mend the file at the place shown, then run the same command again', '`copilot-db migrate status`'],
  },
  MIGRATION_BLOCKED: {
    exit: 'unavailable',
    title: 'a migration waited too long for a lock',
    explain:
      'Another session holds a lock that the statement needs. Everybody who comes later would wait behind the migration, so it gave up after a few seconds and was rolled back.',
    nextSteps: [
      'Run the same command again',
      'Look for long transactions: `select pid, state, xact_start, query from pg_stat_activity order by xact_start`',
    ],
  },
  MIGRATION_INDEX_INVALID: {
    exit: 'failed',
    title: 'a concurrent index was left invalid',
    explain:
      'CREATE INDEX CONCURRENTLY and its relatives work outside a transaction. One that fails leaves an index that no query uses, that slows writes, and that IF NOT EXISTS takes for a good one. The next `migrate up` drops it and builds it again.',
    nextSteps: ['Remove the cause, then `copilot-db migrate up`', 'Or drop the index now: `DROP INDEX CONCURRENTLY NAME`'],
  },
  MIGRATION_EXISTS: {
    exit: 'refused',
    title: 'a migration file exists already',
    explain: 'A file of the pair is there already, perhaps because two people made one at the same moment. Nothing was overwritten.',
    nextSteps: ['Run the same command again'],
  },
});
