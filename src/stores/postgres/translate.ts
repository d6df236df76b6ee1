import type { ErrorCode } from '#kernel/error-catalogue';
import { isOpsError, messageOf, OpsError } from '#kernel/errors';

/** Where an error came from, for its message. */
export interface ErrorOrigin {
  /** "postgres@host:5432/database"; no secrets. */
  location: string;
  /** What was tried, to follow "cannot": "read the settings". */
  doing?: string;
}

/** The fields of a server's ErrorResponse that `pg` hands on. `position` counts characters from 1 in the statement's text. */
interface ServerError extends Error {
  code?: string;
  severity?: string;
  detail?: string;
  hint?: string;
  position?: string;
  internalPosition?: string;
  internalQuery?: string;
  where?: string;
  schema?: string;
  table?: string;
  column?: string;
  constraint?: string;
}

const bySqlState: Readonly<Record<string, ErrorCode>> = {
  '28000': 'POSTGRES_LOGIN_REFUSED',
  '28P01': 'POSTGRES_LOGIN_REFUSED',
  '3D000': 'POSTGRES_DATABASE_MISSING',
  '42501': 'POSTGRES_PERMISSION_DENIED',
  '53300': 'POSTGRES_TOO_MANY_CONNECTIONS',
  '55P03': 'POSTGRES_LOCK_TIMEOUT',
  '57014': 'POSTGRES_QUERY_CANCELLED',
  '57P01': 'POSTGRES_CONNECTION_LOST',
  '57P02': 'POSTGRES_CONNECTION_LOST',
  '57P03': 'POSTGRES_STARTING',
  '57P05': 'POSTGRES_CONNECTION_LOST',
  XX001: 'POSTGRES_DATA_CORRUPTED',
  XX002: 'POSTGRES_DATA_CORRUPTED',
};

const unreachable = new Set([
  'ECONNREFUSED',
  'ENOENT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ETIMEDOUT',
  'EACCES',
  'ENOTSOCK',
]);
const lost = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED', 'ENOTCONN']);

/** Five characters, digits and capitals, and a digit among the first two: tells an SQLSTATE from `EPIPE`. */
export function sqlStateOf(error: unknown): string | undefined {
  const code = (error as ServerError | undefined)?.code;
  const isServer = (error as ServerError | undefined)?.severity !== undefined;
  return isServer && code !== undefined && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/** Turns whatever `pg` threw into a catalogued error; one that is catalogued already passes unchanged. */
export function translatePostgresError(error: unknown, origin: ErrorOrigin): OpsError {
  if (isOpsError(error)) return error;
  const server = error as ServerError;
  const sqlState = sqlStateOf(error);
  const code = codeOf(error, sqlState);
  const happened =
    code === 'POSTGRES_LOGIN_REFUSED' && sqlState === undefined
      ? 'the server asks for a password and none is configured'
      : messageOf(error);
  const tried = origin.doing === undefined ? titleOf(code, origin.location) : `Cannot ${origin.doing}`;
  const detail = [server.detail, server.hint && `Hint: ${server.hint}`].filter((line) => line).join('\n');
  return new OpsError(code, {
    message: tried === undefined ? happened : `${tried}: ${happened}`,
    ...(detail === '' ? {} : { detail }),
    details: {
      location: origin.location,
      sqlState,
      position: integer(server.position),
      internalPosition: integer(server.internalPosition),
      internalQuery: server.internalQuery,
      serverMessage: sqlState === undefined ? undefined : messageOf(error),
      serverDetail: server.detail,
      hint: server.hint,
      where: server.where,
      schema: server.schema,
      table: server.table,
      column: sqlState === undefined ? undefined : server.column,
      constraint: server.constraint,
    },
    cause: error,
  });
}

function codeOf(error: unknown, sqlState: string | undefined): ErrorCode {
  if (sqlState !== undefined)
    return bySqlState[sqlState] ?? (sqlState.startsWith('08') ? 'POSTGRES_CONNECTION_LOST' : 'POSTGRES_QUERY_FAILED');
  const systemCode = (error as ServerError | undefined)?.code ?? '';
  const text = messageOf(error);
  if (unreachable.has(systemCode) || text === 'timeout expired') return 'POSTGRES_UNREACHABLE';
  if (lost.has(systemCode) || /^Connection terminated|not queryable|socket has been ended|write after end/.test(text))
    return 'POSTGRES_CONNECTION_LOST';
  // SCRAM without a password is how `pg` says that the server asks for one and there is none.
  if (/client password must be a string|password must be a string/i.test(text)) return 'POSTGRES_LOGIN_REFUSED';
  if (isTlsProblem(error)) return 'POSTGRES_TLS_FAILED';
  // Node joins the attempts at a name's several addresses into one error.
  if (error instanceof AggregateError) return error.errors.length > 0 ? codeOf(error.errors[0], undefined) : 'POSTGRES_UNREACHABLE';
  return 'POSTGRES_QUERY_FAILED';
}

/** The server has no TLS, or the handshake or the certificate failed. */
export function isTlsProblem(error: unknown): boolean {
  const code = (error as ServerError | undefined)?.code ?? '';
  return (
    /does not support SSL|establishing an SSL connection|SSL routines|certificate/i.test(messageOf(error)) ||
    /^ERR_(SSL|TLS)|CERT|^EPROTO$|UNABLE_TO_/.test(code)
  );
}

function titleOf(code: ErrorCode, location: string): string | undefined {
  if (code === 'POSTGRES_QUERY_FAILED') return undefined;
  if (code === 'POSTGRES_CONNECTION_LOST') return `The connection to ${location} broke`;
  if (code === 'POSTGRES_UNREACHABLE') return `No PostgreSQL answers at ${location}`;
  if (code === 'POSTGRES_LOGIN_REFUSED') return `PostgreSQL refused the login as ${location}`;
  return `PostgreSQL at ${location}`;
}

function integer(text: string | undefined): number | undefined {
  return text === undefined ? undefined : Number.parseInt(text, 10);
}
