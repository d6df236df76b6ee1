import { appendFile, chown, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { describe, expect, test } from 'vitest';
import { currentUser, isRoot, lookUpUser, type OsUser, serverUser } from '#platform/os-user';
import { findPostgresPrograms, type PostgresPrograms } from '#platform/postgres-programs';
import { runningPostmaster } from '#platform/postmaster';
import { findPrivatePostgres, initialiseCluster, type PrivatePostgres, startPrivatePostgres } from '#platform/private-postgres';
import { stopPostgres } from '#platform/stop-postgres';
import { atFileEnd } from '#support/reaper';
import { runOk as run } from '#support/run';
import { tempDir } from '#support/temp-dir';

const env = { PATH: process.env.PATH };
const signal = new AbortController().signal;

interface Place {
  programs: PostgresPrograms;
  user: OsUser;
  directory: string;
  dataDir: string;
  logPath: string;
}

const templates = new Map<string, Promise<string>>();

/** initdb once a version and user; the tests start from copies. */
function template(programs: PostgresPrograms, user: OsUser): Promise<string> {
  const key = `${programs.major} ${user.uid}`;
  const made = templates.get(key) ?? initialise(programs, user);
  templates.set(key, made);
  return made;
}

async function initialise(programs: PostgresPrograms, user: OsUser): Promise<string> {
  const dataDir = join(await tempDir('template', { owner: user, mode: 0o700 }), 'data');
  await initialiseCluster({ programs, dataDir, user, signal });
  return dataDir;
}

async function makePlace(major: number, user: OsUser, directory?: string): Promise<Place> {
  const home = directory ?? (await tempDir('pg', { owner: user, mode: 0o700 }));
  const programs = await findPostgresPrograms({ major, env, signal });
  const dataDir = join(home, 'data');
  await run('cp', ['-a', await template(programs, user), dataDir]);
  atFileEnd(() => stopPostgres(dataDir, { mode: 'immediate', signal }));
  return { programs, user, directory: home, dataDir, logPath: join(home, 'postgres.log') };
}

function start(place: Place, options: { settings?: Record<string, string>; signal?: AbortSignal } = {}): Promise<PrivatePostgres> {
  return startPrivatePostgres({ ...place, socketDir: join(place.directory, 'socket'), port: 5432, settings: {}, signal, ...options });
}

async function ask(server: PrivatePostgres, sql: string): Promise<unknown> {
  const client = new pg.Client({ host: server.host, port: server.port, user: 'postgres', database: 'postgres' });
  await client.connect();
  try {
    return Object.values((await client.query(sql)).rows[0] as object)[0];
  } finally {
    await client.end();
  }
}

describe.each([15, 18])('PostgreSQL %i, as whoever runs the tests', (major) => {
  test('starts on its socket alone, with page checksums and the wanted settings, and stops', async () => {
    const place = await makePlace(major, await serverUser({ signal }));
    const server = await start(place, { settings: { work_mem: '7MB', application_name: "it's \\ fine" } });
    expect(await ask(server, "SELECT current_setting('data_checksums')")).toBe('on');
    expect(await ask(server, "SELECT current_setting('work_mem')")).toBe('7MB');
    expect(await ask(server, "SELECT reset_val FROM pg_settings WHERE name = 'application_name'")).toBe("it's \\ fine");
    expect(await ask(server, "SELECT current_setting('listen_addresses')")).toBe('');
    expect(await readFile(place.logPath, 'utf8')).not.toMatch(/could not|FATAL|ERROR/);
    await expect(start(place)).rejects.toMatchObject({ code: 'SERVER_ALREADY_RUNNING', exitCode: 5, details: { pid: server.pid } });
    expect(await findPrivatePostgres(place.dataDir)).toMatchObject({ pid: server.pid, host: server.host, port: 5432, state: 'ready' });
    await server.stop();
    expect(await server.isRunning()).toBe(false);
    expect(await runningPostmaster(place.dataDir)).toBeUndefined();
  });
});

describe('what goes wrong', () => {
  test('a server that ends while starting shows why', async () => {
    const place = await makePlace(15, await serverUser({ signal }));
    await expect(start(place, { settings: { no_such_setting: '1' } })).rejects.toMatchObject({
      code: 'SERVER_START_FAILED',
      detail: expect.stringContaining('no_such_setting'),
    });
    expect(await runningPostmaster(place.dataDir)).toBeUndefined();
  });

  test('an abort while it starts leaves no server', async () => {
    const place = await makePlace(15, await serverUser({ signal }));
    const abort = new AbortController();
    const starting = start(place, { signal: abort.signal });
    setTimeout(() => abort.abort(new Error('enough')), 30);
    await expect(starting).rejects.toThrow('enough');
    expect(await runningPostmaster(place.dataDir)).toBeUndefined();
  });

  test('after kill -9 it starts again; a postmaster.pid whose number belongs to another process does not stop it', async () => {
    const place = await makePlace(15, await serverUser({ signal }));
    const first = await start(place);
    process.kill(first.pid, 'SIGKILL');
    while (await first.isRunning()) await new Promise((resolve) => setTimeout(resolve, 20));
    const second = await start(place);
    expect(await ask(second, 'SELECT 1')).toBe(1);
    await second.stop();
    const pidFile = `${process.pid}\n${place.dataDir}\n1700000000\n5432\n${first.host}\n\n  1 2\nready   \n`;
    await writeFile(join(place.dataDir, 'postmaster.pid'), pidFile, { mode: 0o600 });
    expect(await runningPostmaster(place.dataDir)).toBeUndefined();
    const third = await start(place);
    expect(await ask(third, 'SELECT 1')).toBe(1);
    await third.stop('immediate');
  });

  test('a path too long for a socket gets a short directory that later commands find', async () => {
    const user = await serverUser({ signal });
    const deep = join(await tempDir('deep', { owner: user }), 'd'.repeat(110));
    await mkdir(deep);
    if (isRoot() && !user.userNamespace) await chown(deep, user.uid, user.gid);
    const place = await makePlace(15, user, deep);
    const server = await start(place);
    expect(server.host.length).toBeLessThan(60);
    expect(await ask(server, 'SELECT 1')).toBe(1);
    atFileEnd(() => rm(server.host, { recursive: true }));
    expect((await findPrivatePostgres(place.dataDir))?.host).toBe(server.host);
    await server.stop();
  });

  test('each way of not getting there has its name', async () => {
    const user = await serverUser({ signal });
    const place = await makePlace(15, user);
    await expect(initialiseCluster({ ...place, signal })).rejects.toMatchObject({
      code: 'SERVER_INIT_FAILED',
      detail: expect.stringContaining('not empty'),
    });
    await expect(
      startPrivatePostgres({ ...place, socketDir: place.directory, port: 5432, settings: {}, signal, timeoutMs: 0 }),
    ).rejects.toMatchObject({
      code: 'SERVER_START_TIMEOUT',
      exitCode: 7,
    });
    expect(await runningPostmaster(place.dataDir)).toBeUndefined();
    const server = await start(place);
    const client = new pg.Client({ host: server.host, port: server.port, user: 'postgres', database: 'postgres' });
    client.on('error', () => {});
    await client.connect();
    const stopping = stopPostgres(place.dataDir, { mode: 'smart', timeoutMs: 200, signal });
    await expect(stopping).rejects.toMatchObject({ code: 'SERVER_STOP_TIMEOUT', details: { pid: server.pid } });
    await client.end();
    await server.stop('immediate');
  });

  test.runIf(isRoot())('a socket directory of somebody else is not used', async () => {
    const place = await makePlace(15, await serverUser({ signal }));
    await mkdir(join(place.directory, 'socket'));
    await chown(join(place.directory, 'socket'), 65_534, 65_534);
    await expect(start(place)).rejects.toMatchObject({ code: 'SERVER_START_FAILED', message: expect.stringContaining('another user') });
  });

  test('what a cluster says of itself does not open it to the network', async () => {
    const place = await makePlace(15, await serverUser({ signal }));
    const settings = "listen_addresses = '127.0.0.1'\nport = 1\nunix_socket_directories = '/tmp'\nwork_mem = '9MB'\n";
    await appendFile(join(place.dataDir, 'postgresql.auto.conf'), settings);
    await appendFile(join(place.dataDir, 'postgresql.conf'), "listen_addresses = '*'\n");
    const server = await start(place);
    expect(await ask(server, "SELECT current_setting('listen_addresses')")).toBe('');
    expect(await ask(server, "SELECT current_setting('work_mem')")).toBe('9MB');
    await server.stop('immediate');
  });

  test('programs that are not there are named with what to install', async () => {
    await expect(findPostgresPrograms({ major: 9, env, signal })).rejects.toMatchObject({
      code: 'SERVER_PROGRAMS_MISSING',
      exitCode: 2,
      nextSteps: [expect.stringContaining('postgresql-9'), expect.anything()],
    });
    await expect(findPostgresPrograms({ binDir: '/nowhere', env, signal })).rejects.toMatchObject({ code: 'SERVER_PROGRAMS_MISSING' });
  });
});

describe.runIf(isRoot())('as root', () => {
  test('in a user namespace the files stay root and the server is not', async () => {
    const user = { ...currentUser(), userNamespace: true };
    const place = await makePlace(15, user, await tempDir('ns', { mode: 0o700 }));
    const server = await start(place);
    expect(await ask(server, "SELECT pg_read_file('/proc/self/uid_map')")).toMatch(/^\s*1000\s+0\s+1/);
    await server.stop();
  });

  test('as the user postgres everything it runs is that user', async () => {
    const user = (await lookUpUser('postgres')) as OsUser;
    const place = await makePlace(15, user);
    const server = await start(place);
    const status = await readFile(`/proc/${server.pid}/status`, 'utf8');
    expect(status).toMatch(new RegExp(`^Uid:\\s+${user.uid}\\s+${user.uid}`, 'm'));
    await server.stop();
  });

  test('an unknown user is named', async () => {
    await expect(serverUser({ wanted: 'no-such-user', signal })).rejects.toMatchObject({ code: 'OS_USER_UNKNOWN', exitCode: 2 });
  });
});
