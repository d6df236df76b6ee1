import { readdir } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createBaseBackup } from '#features/recovery/base/create-base-backup';
import { newRunId } from '#kernel/run-id';
import { systemClock } from '#kernel/time';
import { listBases } from '#repository/catalogue';
import { connectPostgres } from '#stores/postgres/connect';
import { type ArchivedCluster, backupTools, never, startArchivedCluster } from '#support/archived-cluster';
import { atFileEnd } from '#support/reaper';
import { tempDir } from '#support/temp-dir';

/** Slow enough to be met in the middle. */
const slowly = { maxRateKilobytes: 4096, walWaitMs: 20_000 };
const runId = () => newRunId(systemClock.now());

describe.each([15, 18] as const)('a base backup of PostgreSQL %i that is stopped in the middle', (major) => {
  let archived: ArchivedCluster;
  beforeAll(async () => {
    archived = await startArchivedCluster({ major, kind: 'initdb', settings: { max_wal_senders: '2' } });
    await archived.cluster.psql('create table big as select g, repeat(md5(g::text), 8) t from generate_series(1, 80000) g');
  });
  beforeEach(async () => {
    if (!(await archived.cluster.isRunning())) await archived.cluster.start();
  });

  it('by a signal ends with its reason, and the server stops reading', async () => {
    const stop = new AbortController();
    const sql = await archived.connect({ signal: stop.signal });
    const backup = createBaseBackup(backupTools(archived, sql, stop.signal), { runId: runId(), ...slowly });
    const ending = expect(backup).rejects.toThrow('interrupted');
    await streaming(archived);
    const before = performance.now();
    stop.abort(new Error('interrupted'));
    await ending;
    expect(performance.now() - before).toBeLessThan(5000);
    await serverIsIdle(archived);
    await nothingIsThere(archived);
  });

  it('by a cut connection says so and leaves nothing', async () => {
    const proxy = await startCuttableProxy(archived);
    const sql = await connectPostgres({ ...archived.cluster.connection, host: proxy.host }, { signal: never });
    atFileEnd(() => sql.close());
    const backup = createBaseBackup(backupTools(archived, sql), { runId: runId(), ...slowly });
    const ending = expect(backup).rejects.toMatchObject({ code: 'POSTGRES_CONNECTION_LOST', exit: 'unavailable' });
    await streaming(archived);
    proxy.cut();
    await ending;
    await serverIsIdle(archived);
    await nothingIsThere(archived);
  });

  it('by a store that fails ends with its error, and the server stops reading', async () => {
    const sql = await archived.connect();
    const tools = backupTools(archived, sql);
    const store = { ...archived.repository.store, putStream: async () => Promise.reject(new Error('disk full')) };
    const repository = { ...archived.repository, store };
    await expect(createBaseBackup({ ...tools, repository }, { runId: runId(), ...slowly })).rejects.toThrow('disk full');
    await serverIsIdle(archived);
    await nothingIsThere(archived);
  });

  it('by an archiver that breaks meanwhile ends at the deadline and names the segment', async () => {
    const sql = await archived.connect();
    const backup = createBaseBackup(backupTools(archived, sql), { runId: runId(), maxRateKilobytes: 16_384, walWaitMs: 3000 });
    const ending = expect(backup).rejects.toMatchObject({
      code: 'BACKUP_WAL_MISSING',
      exit: 'unavailable',
      details: { segment: expect.stringMatching(/^00000001[0-9A-F]{16}$/) },
    });
    await streaming(archived);
    await archived.breakArchiving(true);
    await ending;
    await archived.breakArchiving(false);
    await serverIsIdle(archived);
    await nothingIsThere(archived);
  });

  it('by a server that is killed leaves nothing', async () => {
    const sql = await archived.connect();
    const backup = createBaseBackup(backupTools(archived, sql), { runId: runId(), ...slowly });
    const ending = expect(backup).rejects.toMatchObject({ code: 'POSTGRES_CONNECTION_LOST' });
    await streaming(archived);
    await archived.cluster.kill9();
    await ending;
    await archived.cluster.start();
    await nothingIsThere(archived);
  });

  it('by an archiver that meanwhile believes what is not so is not published', async () => {
    const sql = await archived.connect();
    const backup = createBaseBackup(backupTools(archived, sql), { runId: runId(), maxRateKilobytes: 16_384, walWaitMs: 3000 });
    const ending = expect(backup).rejects.toMatchObject({
      code: 'BACKUP_WAL_MISSING',
      detail: expect.stringContaining('believes'),
      details: { missing: expect.arrayContaining([expect.stringMatching(/^00000001[0-9A-F]{16}$/)]) },
    });
    await streaming(archived);
    await archived.cluster.configure({ archive_command: 'true' });
    await ending;
    await archived.cluster.configure({ archive_command: archived.archiveCommand });
    expect(await listBases(archived.repository, never)).toEqual([]);
  });

  it('by a lost lock publishes nothing, whatever data it has stored', async () => {
    const sql = await archived.connect();
    const tools = { ...backupTools(archived, sql), assertLocked: () => Promise.reject(new Error('somebody else has the lease')) };
    await expect(createBaseBackup(tools, { runId: runId(), walWaitMs: 20_000 })).rejects.toThrow('somebody else has the lease');
    expect(await listBases(archived.repository, never)).toEqual([]);
  });
});

async function streaming({ cluster }: ArchivedCluster): Promise<void> {
  for (const until = Date.now() + 20_000; Date.now() < until; await sleep(50)) {
    const rows = await cluster.psql(
      `select from pg_stat_progress_basebackup where phase = 'streaming database files' and backup_streamed > 1000000`,
    );
    if (rows.length > 0) return;
  }
  throw new Error('no backup was streaming');
}

async function serverIsIdle({ cluster }: ArchivedCluster): Promise<void> {
  for (const until = Date.now() + 5000; Date.now() < until; await sleep(50)) {
    const rows = await cluster.psql(`select from pg_stat_activity where backend_type = 'walsender'`);
    if (rows.length === 0) return;
  }
  throw new Error('the server still reads a backup');
}

/** No manifest, no object of the archive that was in work, no temporary file. */
async function nothingIsThere({ repository, folder }: ArchivedCluster): Promise<void> {
  expect(await listBases(repository, never)).toEqual([]);
  const files = (await readdir(folder, { recursive: true, withFileTypes: true })).filter((entry) => entry.isFile());
  expect(
    files
      .map(({ name }) => name)
      // The archiver goes on meanwhile, and its script names what it is writing .part.
      .filter((name) => !name.endsWith('.part'))
      .filter((name) => !/^([0-9A-F]{24}(\.[0-9A-F]{8}\.backup)?\.zst|repository\.json|[0-9]+\.json|.*\.meta\.json)$/.test(name)),
  ).toEqual([]);
}

/** A socket directory through which the server is reached until it is cut. */
async function startCuttableProxy({ cluster }: ArchivedCluster): Promise<{ host: string; cut(): void }> {
  const host = await tempDir('proxy');
  const sockets = new Set<Socket>();
  const name = `.s.PGSQL.${cluster.port}`;
  const server = createServer((client) => {
    const upstream = connect(join(cluster.host, name));
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
    }
    client.pipe(upstream).pipe(client);
  });
  await new Promise<void>((resolve) => server.listen(join(host, name), resolve));
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  atFileEnd(() => {
    cut();
    server.close();
  });
  return { host, cut };
}
