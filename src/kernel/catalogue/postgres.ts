import { defineErrors } from './entry.ts';

export const postgresErrors = defineErrors({
  POSTGRES_UNREACHABLE: {
    exit: 'unavailable',
    title: 'PostgreSQL cannot be reached',
    explain:
      'No server answered at the configured address: the socket file is missing, the port is closed, the name does not resolve, or nothing came back within the connect deadline of five seconds.',
    nextSteps: [
      'Check that the server runs: `pg_lsclusters` or `systemctl status postgresql`',
      'Check `postgres.primary.host` and `.port`: `copilot-db config show`',
    ],
  },
  POSTGRES_STARTING: {
    exit: 'unavailable',
    title: 'PostgreSQL does not accept connections yet',
    explain: 'The server is starting up, shutting down or still recovering, and says so. It answers as soon as it is consistent.',
    nextSteps: ['Wait and run the command again', "Read the server's log to see how far recovery is"],
  },
  POSTGRES_TOO_MANY_CONNECTIONS: {
    exit: 'unavailable',
    title: 'PostgreSQL has no free connection',
    explain: 'All connection slots (`max_connections`, or `max_wal_senders` for a base backup) are taken.',
    nextSteps: ['Look for idle sessions in pg_stat_activity', 'Run the command again when a slot is free'],
  },
  POSTGRES_CONNECTION_LOST: {
    exit: 'unavailable',
    title: 'the connection to PostgreSQL broke',
    explain:
      'The server ended the session, crashed or was restarted, or the network between broke. What was not committed is rolled back by the server.',
    nextSteps: ["Read the server's log for the reason", 'Run the command again'],
  },
  POSTGRES_LOGIN_REFUSED: {
    exit: 'usage',
    title: 'PostgreSQL refused the login',
    explain:
      'The user does not exist, the password is wrong or missing, or no line of pg_hba.conf lets this user in from here. A base backup needs a line for the pseudo database `replication`.',
    nextSteps: [
      'Check `postgres.primary.username` and where its password comes from: `copilot-db config show`',
      'Check pg_hba.conf: `psql -c "table pg_hba_file_rules"`',
    ],
  },
  POSTGRES_DATABASE_MISSING: {
    exit: 'usage',
    title: 'the database does not exist',
    explain: 'The server answered and accepted the login, but it has no database of this name.',
    nextSteps: [
      'List the databases: `psql -l`',
      'Create it: `createdb NAME`',
      'Check `postgres.primary.database`: `copilot-db config show`',
    ],
  },
  POSTGRES_TLS_FAILED: {
    exit: 'usage',
    title: 'no TLS connection to PostgreSQL as configured',
    explain:
      '`ssl_mode` asks for TLS, and the server does not offer it or its certificate was not accepted: `verify-ca` needs a trusted issuer, `verify-full` also the right host name.',
    nextSteps: [
      'Check `ssl_mode` and `ssl_root_cert`: `copilot-db config show`',
      'Look at the certificate: `openssl s_client -starttls postgres -connect HOST:PORT`',
    ],
  },
  POSTGRES_PERMISSION_DENIED: {
    exit: 'usage',
    title: 'the database user lacks a right',
    explain: 'PostgreSQL refused one statement because the user does not have the privilege that it needs. The message names the object.',
    nextSteps: ['Grant the right, or use a user that has it in `postgres.primary.username`'],
  },
  POSTGRES_QUERY_CANCELLED: {
    exit: 'failed',
    title: 'PostgreSQL cancelled the statement',
    explain: 'A statement_timeout passed, or somebody called pg_cancel_backend. The statement left nothing behind.',
    nextSteps: ['Run the command again', 'Raise `statement_timeout` for this user when the work is just long'],
  },
  POSTGRES_LOCK_TIMEOUT: {
    exit: 'unavailable',
    title: 'A database lock was not free in time',
    explain: 'Another session holds a lock on the table, and `lock_timeout` ended the wait before it could block others behind it.',
    nextSteps: [
      'Find the holder: `select * from pg_stat_activity where pid = any (pg_blocking_pids(PID))`',
      'Run the command again when it is done',
    ],
  },
  POSTGRES_DATA_CORRUPTED: {
    exit: 'integrity',
    title: 'PostgreSQL found damaged data',
    explain:
      'The server itself reports a broken page or index (SQLSTATE class XX). A retry does not help; a copy made now would copy the damage.',
    nextSteps: [
      "Read the server's log for the file and block",
      'Stop the server and check its disk before anything else',
      'Recover to another directory: `copilot-db restore pitr --latest --data-dir DIR`',
    ],
  },
  POSTGRES_QUERY_FAILED: {
    exit: 'failed',
    title: 'A statement failed',
    explain:
      'PostgreSQL refused a statement for a reason that has no code of its own here. The SQLSTATE and what the server said are in the details.',
    nextSteps: ['Read the message; the SQLSTATE is explained at https://www.postgresql.org/docs/current/errcodes-appendix.html'],
  },
});
