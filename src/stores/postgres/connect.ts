import pg from 'pg';
import { isOpsError, OpsError } from '#kernel/errors';
import type { Secret } from '#kernel/secret';
import { requestCancel } from './cancel.ts';
import { findFilePassword } from './password-file.ts';
import { type SslAttempt, type SslMode, sslAttempts } from './ssl-mode.ts';
import { isTlsProblem, sqlStateOf, translatePostgresError } from './translate.ts';

export const connectTimeoutMs = 5000;
const keepAliveDelayMs = 10_000;

export interface PostgresConnection {
  /** A host name, or the absolute directory of a Unix socket. */
  host: string;
  port: number;
  database: string;
  username: string;
  password?: Secret | undefined;
  sslMode: SslMode;
  sslRootCert?: string | undefined;
}

export interface ConnectOptions {
  /** Cancels what the server is doing for us and closes the connection. */
  signal: AbortSignal;
  /** Seen in pg_stat_activity: `copilot-db <run id>`. */
  applicationName?: string;
  /** Instead of the one in the settings. */
  database?: string;
  /** A physical replication connection: takes BASE_BACKUP, IDENTIFY_SYSTEM, SHOW; no SQL. */
  replication?: boolean;
  /** Where PGPASSFILE and HOME come from when there is no password in the settings. */
  env?: Readonly<Record<string, string | undefined>>;
}

export interface ServerNotice {
  severity: string;
  sqlState: string;
  message: string;
}

export interface PostgresClient {
  /** Parameters make it a prepared statement; without them several statements may follow each other, and the last one's rows count. */
  query<Row>(sql: string, params?: readonly unknown[]): Promise<{ rows: Row[]; rowCount: number }>;
  /** For what needs the protocol: COPY, BASE_BACKUP. Errors from it are not translated. */
  raw: pg.Client;
  onNotice(listener: (notice: ServerNotice) => void): void;
  /** As in server_version_num: 150014. */
  serverVersion: number;
  /** "user@host:port/database", for messages. */
  location: string;
  /** Aborted, with the error as its reason, when the session breaks; what the session held (advisory locks) is gone then. */
  lost: AbortSignal;
  /** Another session to the same address with the same login, over the same kind of connection. The caller closes it. */
  openSibling(options: { replication?: boolean }): Promise<PostgresClient>;
  /** Cancels what the server does for this session and breaks the connection. For a copy that nobody wants any more. */
  abandon(): Promise<void>;
  /** Waits for the goodbye, at most a second. Safe to call twice. */
  close(): Promise<void>;
}

/** @throws POSTGRES_* only, or the signal's reason */
export async function connectPostgres(settings: PostgresConnection, options: ConnectOptions): Promise<PostgresClient> {
  const { signal } = options;
  signal.throwIfAborted();
  const database = options.database ?? settings.database;
  const location = `${settings.username}@${settings.host}:${settings.port}/${options.replication ? 'replication' : database}`;
  const password =
    settings.password ??
    (await findFilePassword({ ...settings, database: options.replication ? 'replication' : database }, options.env ?? {}));
  const attempts = await sslAttempts(settings);
  for (const [index, ssl] of attempts.entries()) {
    try {
      return await openSession({ ...settings, database, password }, options, ssl, location);
    } catch (error) {
      signal.throwIfAborted();
      const mayGoOn = isTlsProblem(error) || (sqlStateOf(error) === '28000' && ssl !== false);
      if (index + 1 < attempts.length && mayGoOn) continue;
      throw translatePostgresError(error, { location });
    }
  }
  throw new OpsError('POSTGRES_UNREACHABLE', { message: `No way to connect to ${location}` });
}

async function openSession(
  settings: PostgresConnection,
  options: ConnectOptions,
  ssl: SslAttempt,
  location: string,
): Promise<PostgresClient> {
  const { signal } = options;
  const { host, port, username: user, database, password } = settings;
  const raw = new pg.Client({
    host,
    port,
    user,
    database,
    ssl,
    // A function keeps `pg` from reading PGPASSWORD and ~/.pgpass by itself.
    password: () => password?.reveal() as string,
    connectionTimeoutMillis: connectTimeoutMs,
    keepAlive: true,
    keepAliveInitialDelayMillis: keepAliveDelayMs,
    application_name: (options.applicationName ?? 'copilot-db').slice(0, 63),
    ...(options.replication ? { replication: 'true' } : {}),
  } as pg.ClientConfig);
  const lost = new AbortController();
  let closing = false;
  let version = '';
  raw.on('error', (error) => {
    if (!closing && !lost.signal.aborted) lost.abort(translatePostgresError(error, { location }));
  });
  raw.connection.on('parameterStatus', (status: { parameterName: string; parameterValue: string }) => {
    if (status.parameterName === 'server_version') version = status.parameterValue;
  });
  const destroy = (): void => void raw.connection.stream.destroy();
  const abandon = async (): Promise<void> => {
    closing = true;
    const { processID: processId, secretKey } = raw as unknown as { processID: number | null; secretKey: number | null };
    // The cancel has to arrive before the socket goes: a backend that computes does not notice a closed socket.
    if (processId !== null && secretKey !== null) await requestCancel({ host, port, processId, secretKey });
    destroy();
  };
  const onAbort = (): void => void abandon();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await raw.connect();
  } catch (error) {
    signal.removeEventListener('abort', onAbort);
    closing = true;
    destroy();
    throw error;
  }
  return {
    raw,
    location,
    lost: lost.signal,
    serverVersion: parseServerVersion(version),
    async query<Row>(sql: string, params?: readonly unknown[]) {
      signal.throwIfAborted();
      try {
        const result: unknown = await raw.query(sql, params as unknown[]);
        const last = (Array.isArray(result) ? result.at(-1) : result) as { rows?: Row[]; rowCount?: number | null };
        return { rows: last.rows ?? [], rowCount: last.rowCount ?? 0 };
      } catch (error) {
        signal.throwIfAborted();
        // The reason the session broke says more than "not queryable".
        const known: unknown = lost.signal.reason;
        throw isOpsError(known) && sqlStateOf(error) === undefined ? known : translatePostgresError(error, { location });
      }
    },
    onNotice(listener) {
      raw.on('notice', (notice) =>
        listener({ severity: notice.severity ?? 'NOTICE', sqlState: notice.code ?? '00000', message: notice.message ?? '' }),
      );
    },
    openSibling: ({ replication = false }) => connectPostgres(settings, { ...options, replication }),
    async abandon() {
      signal.removeEventListener('abort', onAbort);
      if (!closing) await abandon();
    },
    async close() {
      signal.removeEventListener('abort', onAbort);
      if (closing) return;
      closing = true;
      const timer = setTimeout(destroy, 1000);
      await raw.end().catch(() => undefined);
      clearTimeout(timer);
    },
  };
}

/** "15.14 (Debian 15.14-0+deb12u1)" → 150014, "18beta1" → 180000 */
export function parseServerVersion(text: string): number {
  const match = /^(\d+)(?:\.(\d+))?/.exec(text);
  return match === null ? 0 : Number(match[1]) * 10_000 + Number(match[2] ?? 0);
}
