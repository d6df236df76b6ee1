import { open, readFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { createBaseBackup } from '#features/recovery/base/create-base-backup';
import { planBaseBackup } from '#features/recovery/base/plan-base-backup';
import { newRunId } from '#kernel/run-id';
import { systemClock } from '#kernel/time';
import { listBases } from '#repository/catalogue';
import { connectPostgres } from '#stores/postgres/connect';
import { type ArchivedCluster, backupTools, never, startArchivedCluster } from '#support/archived-cluster';
import { startCluster } from '#support/postgres';
import { atFileEnd } from '#support/reaper';
import { tempDir } from '#support/temp-dir';

const request = (walWaitMs = 20_000) => ({ runId: newRunId(systemClock.now()), walWaitMs });

describe('before the first byte a base backup refuses', () => {
  let archived: ArchivedCluster;
  beforeAll(async () => {
    archived = await startArchivedCluster({ major: 15, kind: 'initdb' });
  });

  it('a server whose archiver is stuck, and says what it last tried', async () => {
    const sql = await archived.connect();
    await archived.breakArchiving(true);
    const refused = await createBaseBackup(backupTools(archived, sql), request(2500)).catch((error: unknown) => error);
    await archived.breakArchiving(false);
    expect(refused).toMatchObject({
      code: 'BACKUP_ARCHIVER_STUCK',
      exit: 'unavailable',
      details: {
        segment: expect.stringMatching(/^[0-9A-F]{24}$/),
        lastFailedWal: expect.stringMatching(/^[0-9A-F]{24}$/),
        lastFailedTime: expect.stringMatching(/Z$/),
      },
    });
    expect(await listBases(archived.repository, never)).toEqual([]);
  });

  it('a server whose archive_command stores nothing, although PostgreSQL believes it', async () => {
    const other = await startArchivedCluster({ major: 15, kind: 'initdb' });
    await other.cluster.configure({ archive_command: 'true' });
    const sql = await other.connect();
    await expect(createBaseBackup(backupTools(other, sql), request(3000))).rejects.toMatchObject({
      code: 'BACKUP_ARCHIVER_STUCK',
      detail: expect.stringContaining('believes'),
    });
  });

  it('a server that does not archive', async () => {
    const silent = await startCluster({ major: 15, kind: 'initdb' });
    const sql = await connectPostgres(silent.connection, { signal: never });
    await expect(planBaseBackup(sql, archived.repository, request(), never)).rejects.toMatchObject({
      code: 'BACKUP_ARCHIVING_OFF',
      exit: 'usage',
    });
    await sql.close();
  });

  it('a standby', async () => {
    const standby = await startCluster({ major: 15, kind: 'initdb' });
    await standby.stop();
    await (await open(join(standby.dataDir, 'standby.signal'), 'w')).close();
    await standby.start();
    const sql = await connectPostgres(standby.connection, { signal: never });
    await expect(planBaseBackup(sql, archived.repository, request(), never)).rejects.toMatchObject({
      code: 'BACKUP_IN_RECOVERY',
      exit: 'refused',
    });
    await sql.close();
  });

  it('a user without REPLICATION, and one that pg_hba.conf keeps out', async () => {
    await archived.cluster.psql('create role reader login; create role copier login replication');
    const reader = await archived.connect({ username: 'reader' });
    await expect(planBaseBackup(reader, archived.repository, request(), never)).rejects.toMatchObject({
      code: 'BACKUP_RIGHTS_MISSING',
      exit: 'usage',
    });
    await reader.close();
    const copier = await archived.connect({ username: 'copier' });
    await expect(planBaseBackup(copier, archived.repository, request(), never)).resolves.toMatchObject({
      facts: { systemId: archived.systemId },
    });
    await copier.close();

    const strict = await startCluster({ major: 15, kind: 'initdb', hba: ['local all all trust'], settings: { archive_command: 'true' } });
    const sql = await connectPostgres(strict.connection, { signal: never });
    await expect(planBaseBackup(sql, archived.repository, request(), never)).rejects.toMatchObject({
      code: 'BACKUP_RIGHTS_MISSING',
      message: expect.stringContaining('pg_hba.conf'),
    });
    await sql.close();
  });

  it('an address that leads to two servers', async () => {
    const other = await startCluster({ major: 15, kind: 'initdb' });
    const host = await tempDir('twofold');
    const targets = [archived.cluster, other];
    const server = createServer((client) => {
      const target = targets.shift();
      if (target === undefined) return void client.destroy();
      const upstream = connect(join(target.host, `.s.PGSQL.${target.port}`));
      for (const socket of [client, upstream]) socket.on('error', () => undefined);
      client.pipe(upstream).pipe(client);
    });
    await new Promise<void>((resolve) => server.listen(join(host, '.s.PGSQL.5432'), resolve));
    atFileEnd(() => void server.close());
    const sql = await connectPostgres({ ...archived.cluster.connection, host, port: 5432 }, { signal: never });
    await expect(planBaseBackup(sql, archived.repository, request(), never)).rejects.toMatchObject({ code: 'BACKUP_SERVERS_DIFFER' });
    await sql.close();
  });

  it('a system that the repository was not claimed for', async () => {
    const sql = await archived.connect();
    await createBaseBackup(backupTools(archived, sql), request());
    const stranger = await startCluster({ major: 15, kind: 'initdb', settings: { archive_command: 'true' } });
    const foreign = await connectPostgres(stranger.connection, { signal: never });
    await expect(planBaseBackup(foreign, archived.repository, request(), never)).rejects.toMatchObject({
      code: 'REPOSITORY_SYSTEM_FOREIGN',
    });
    await foreign.close();
    await sql.close();
  });

  it('never publishes pages with a wrong checksum', async () => {
    const { cluster } = archived;
    await cluster.psql('create table damaged as select generate_series(1, 100000) n; checkpoint');
    const [row] = await cluster.psql<{ path: string }>(`select pg_relation_filepath('damaged') as path`);
    const file = await open(join(cluster.dataDir, row?.path as string), 'r+');
    await file.write(Buffer.from('damage'), 0, 6, 8192 * 3 + 4000);
    await file.close();
    const sql = await archived.connect();
    const before = await listBases(archived.repository, never);
    await expect(createBaseBackup(backupTools(archived, sql), request())).rejects.toMatchObject({
      code: 'BACKUP_PAGES_CORRUPT',
      exit: 'integrity',
      detail: expect.stringContaining(row?.path as string),
    });
    expect(await listBases(archived.repository, never)).toEqual(before);
    expect(await readFile(cluster.logPath, 'utf8')).toContain('checksum verification fail');
  });
});
