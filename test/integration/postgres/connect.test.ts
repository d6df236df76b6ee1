import { chown } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { Secret } from '#kernel/secret';
import { takeAdvisoryLock } from '#stores/postgres/advisory-lock';
import { type ConnectOptions, connectPostgres, type PostgresConnection } from '#stores/postgres/connect';
import { never } from '#support/archived-cluster';
import { freePort } from '#support/free-port';
import { type Cluster, startCluster } from '#support/postgres';
import { atFileEnd } from '#support/reaper';
import { runOk } from '#support/run';

let cluster: Cluster;
let tcp: PostgresConnection;
let rootCert: string;
const opened = async (settings: PostgresConnection, options: Partial<ConnectOptions> = {}) => {
  const client = await connectPostgres(settings, { signal: never, ...options });
  atFileEnd(() => client.close());
  return client;
};

beforeAll(async () => {
  cluster = await startCluster({
    major: 15,
    kind: 'initdb',
    settings: { listen_addresses: '127.0.0.1' },
    hba: ['local all all trust', 'hostssl all tls 127.0.0.1/32 trust', 'host all all 127.0.0.1/32 scram-sha-256'],
  });
  rootCert = join(cluster.dataDir, 'server.crt');
  const key = join(cluster.dataDir, 'server.key');
  await runOk('openssl', [
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '2',
    '-subj',
    '/CN=db.example',
    '-keyout',
    key,
    '-out',
    rootCert,
  ]);
  if (process.getuid?.() === 0) for (const path of [key, rootCert]) await chown(path, cluster.user.uid, cluster.user.gid);
  await cluster.psql(`create role ops login password 'geheim'; create role tls login`);
  tcp = {
    host: '127.0.0.1',
    port: cluster.port,
    database: 'postgres',
    username: 'ops',
    password: new Secret('geheim'),
    sslMode: 'disable',
  };
});

describe('a connection that cannot be made', () => {
  it.each([
    ['a wrong password', () => ({ ...tcp, password: new Secret('falsch') }), 'POSTGRES_LOGIN_REFUSED', 'usage'],
    ['no password where one is asked for', () => ({ ...tcp, password: undefined }), 'POSTGRES_LOGIN_REFUSED', 'usage'],
    ['an unknown database', () => ({ ...tcp, database: 'nowhere' }), 'POSTGRES_DATABASE_MISSING', 'usage'],
    ['a missing socket', () => ({ ...tcp, host: '/nowhere' }), 'POSTGRES_UNREACHABLE', 'unavailable'],
    ['a name that does not resolve', () => ({ ...tcp, host: 'no.such.invalid' }), 'POSTGRES_UNREACHABLE', 'unavailable'],
    ['TLS from a server without it', () => ({ ...tcp, sslMode: 'require' as const }), 'POSTGRES_TLS_FAILED', 'usage'],
  ])('because of %s is a catalogued error that does not tell the password', async (_what, settings, code, exit) => {
    const error = await connectPostgres(settings(), { signal: never, env: {} }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code, exit });
    expect(JSON.stringify(error) + String(error)).not.toMatch(/geheim|falsch/);
  });

  it('because nothing listens, or nothing answers within the deadline', async () => {
    const port = await freePort();
    await expect(connectPostgres({ ...tcp, port }, { signal: never })).rejects.toMatchObject({ code: 'POSTGRES_UNREACHABLE' });
    const silent = createServer(() => undefined).listen(port, '127.0.0.1');
    atFileEnd(() => void silent.close());
    const before = performance.now();
    await expect(connectPostgres({ ...tcp, port }, { signal: never })).rejects.toMatchObject({ code: 'POSTGRES_UNREACHABLE' });
    expect(performance.now() - before).toBeLessThan(7000);
  });

  it('because the run was stopped meanwhile throws its reason', async () => {
    const port = await freePort();
    const silent = createServer(() => undefined).listen(port, '127.0.0.1');
    atFileEnd(() => void silent.close());
    const stop = new AbortController();
    setTimeout(() => stop.abort(new Error('stopped')), 100);
    await expect(connectPostgres({ ...tcp, port }, { signal: stop.signal })).rejects.toThrow('stopped');
  });
});

describe('a session', () => {
  it('has a name, a version and the rows of the last statement', async () => {
    const client = await opened(tcp, { applicationName: 'copilot-db run-1' });
    expect(Math.floor(client.serverVersion / 10_000)).toBe(15);
    expect(await client.query(`select 1 as a; select current_setting('application_name') as name`)).toEqual({
      rows: [{ name: 'copilot-db run-1' }],
      rowCount: 1,
    });
  });

  it('gives the position of a mistake', async () => {
    const client = await opened(tcp);
    await expect(client.query('select 1;\nselec 2')).rejects.toMatchObject({
      code: 'POSTGRES_QUERY_FAILED',
      details: { sqlState: '42601', position: 11 },
    });
  });

  it('is cancelled on the server when the run stops', async () => {
    const stop = new AbortController();
    const client = await opened(tcp, { signal: stop.signal });
    const sleeping = expect(client.query(`select 'sleeper', pg_sleep(30)`)).rejects.toThrow('stopped');
    await sleep(200);
    stop.abort(new Error('stopped'));
    await sleeping;
    await sleep(200);
    expect(await cluster.psql(`select from pg_stat_activity where query like '%sleeper%' and pid <> pg_backend_pid()`)).toEqual([]);
  });

  it('that the server ends says so now and afterwards', async () => {
    const client = await opened(tcp);
    const { rows } = await client.query<{ pid: number }>('select pg_backend_pid() as pid');
    await cluster.psql(`select pg_terminate_backend(${rows[0]?.pid})`);
    await sleep(200);
    expect(client.lost.reason).toMatchObject({ code: 'POSTGRES_CONNECTION_LOST', exit: 'unavailable' });
    await expect(client.query('select 1')).rejects.toMatchObject({ code: 'POSTGRES_CONNECTION_LOST' });
  });
});

describe('an advisory lock', () => {
  it('names its holder, and is free again after release', async () => {
    const one = await opened(tcp, { applicationName: 'copilot-db run-1' });
    const two = await opened(tcp, { applicationName: 'copilot-db run-2' });
    const lock = await takeAdvisoryLock(one, 'migrate', { waitMs: 0, signal: never });
    await expect(takeAdvisoryLock(two, 'migrate', { waitMs: 300, signal: never })).rejects.toMatchObject({
      code: 'LOCK_HELD',
      exit: 'busy',
      message: expect.stringContaining('copilot-db run-1'),
    });
    const waiting = takeAdvisoryLock(two, 'migrate', { waitMs: 5000, signal: never });
    await lock.release();
    await (await waiting).release();
  });
});

// Last: it turns TLS on.
describe('TLS', () => {
  it('means what libpq means', async () => {
    const usesTls = async (settings: PostgresConnection) => {
      const client = await opened(settings);
      const { rows } = await client.query<{ ssl: boolean }>('select ssl from pg_stat_ssl where pid = pg_backend_pid()');
      return rows[0]?.ssl;
    };
    expect(await usesTls({ ...tcp, sslMode: 'prefer' })).toBe(false);
    await cluster.configure({ ssl: 'on' });
    await sleep(500);
    expect(await usesTls({ ...tcp, sslMode: 'prefer' })).toBe(true);
    expect(await usesTls({ ...tcp, sslMode: 'require' })).toBe(true);
    expect(await usesTls({ ...tcp, sslMode: 'disable' })).toBe(false);
    expect(await usesTls({ ...tcp, sslMode: 'verify-ca', sslRootCert: rootCert })).toBe(true);
    expect(await usesTls({ ...tcp, host: cluster.host, sslMode: 'require' })).toBe(false);
    const refused = { code: 'POSTGRES_TLS_FAILED' };
    await expect(usesTls({ ...tcp, sslMode: 'verify-ca' })).rejects.toMatchObject(refused);
    await expect(usesTls({ ...tcp, sslMode: 'verify-full', sslRootCert: rootCert })).rejects.toMatchObject(refused);
    await expect(usesTls({ ...tcp, sslMode: 'verify-full', sslRootCert: '/nowhere.crt' })).rejects.toMatchObject(refused);
  });
});
