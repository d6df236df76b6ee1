import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { currentUser } from '#platform/os-user';
import { findPostgresPrograms } from '#platform/postgres-programs';
import { startPrivatePostgres } from '#platform/private-postgres';
import { isRoot } from '#support/os-users';
import type { Cluster } from '#support/postgres';
import { startPostmaster } from '#support/postgres/server-process';
import { type Accident, ask, makeAccident, newDataDir, restore } from '#support/restore/accident';
import { run } from '#support/run';

/** Every B-tree against its table, and every page of every table. */
const amcheck = `
create extension if not exists amcheck;
select (select count(*)::int from (
         select bt_index_check(c.oid, true) from pg_class c join pg_am a on a.oid = c.relam
         where a.amname = 'btree' and c.relkind = 'i' and c.relpersistence = 'p') checked) as indexes,
       (select count(*)::int from pg_class t, lateral verify_heapam(t.oid) where t.relkind in ('r', 'm', 't') and t.relpersistence = 'p') as damages`;

async function restoreUnstarted(accident: Accident) {
  const dataDir = await newDataDir(accident);
  const { data, error } = await restore(accident.configPath, ['--target-time', accident.at200, '--data-dir', dataDir]);
  expect(error).toBeUndefined();
  expect(data).toMatchObject({ state: 'restored', connection: null });
  return { dataDir, madeFiles: data.madeFiles as string[] };
}

async function verifyBackup(cluster: Cluster, dataDir: string, madeFiles: readonly string[]): Promise<void> {
  const ignored = madeFiles.flatMap((name) => ['-i', name]);
  const verify = await run(join(cluster.binDir, 'pg_verifybackup'), ['-n', ...ignored, dataDir], { user: cluster.user });
  expect(verify).toMatchObject({ code: 0, stdout: expect.stringContaining('backup successfully verified') });
}

async function amcheckAll(cluster: Cluster, connection: { host: string; port: number }): Promise<void> {
  const where = ['-h', connection.host, '-p', String(connection.port), '-U', 'postgres'];
  const check = await run(join(cluster.binDir, 'pg_amcheck'), [...where, '--all', '--install-missing', '--heapallindexed'], {
    user: cluster.user,
  });
  expect(check).toMatchObject({ code: 0, stdout: '', stderr: expect.not.stringContaining('skipping') });
}

/** A server lets readers in while it still replays. */
async function untilOpen(connection: { host: string; port: number }, dataDir: string): Promise<void> {
  await vi.waitFor(async () => expect(await ask(connection, 'select pg_is_in_recovery() as r', dataDir)).toEqual([{ r: false }]), 60_000);
}

describe('a restored cluster', () => {
  it('of initdb passes pg_verifybackup before its first start and pg_amcheck after', async () => {
    const accident = await makeAccident({ major: 15, kind: 'initdb' });
    const { cluster } = accident;
    const { dataDir, madeFiles } = await restoreUnstarted(accident);
    expect(madeFiles).toEqual([]);
    await verifyBackup(cluster, dataDir, madeFiles);
    const programs = await findPostgresPrograms({ binDir: cluster.binDir, env: {} });
    const user = isRoot ? cluster.user : currentUser();
    const settings = { max_connections: '40' };
    const signal = AbortSignal.timeout(60_000);
    const logPath = join(dataDir, '..', 'log');
    const server = await startPrivatePostgres({ programs, dataDir, socketDir: dataDir, port: 5433, settings, logPath, user, signal });
    await untilOpen(server, dataDir);
    expect(await ask(server, 'select count(*)::int as rows from kept', dataDir)).toEqual([{ rows: 200 }]);
    await amcheckAll(cluster, server);
  });

  it.skipIf(!isRoot)('of pg_createcluster starts with the configuration that was made for it', async () => {
    const accident = await makeAccident({ major: 15, kind: 'pg_createcluster' });
    const { cluster } = accident;
    const { dataDir, madeFiles } = await restoreUnstarted(accident);
    expect(madeFiles).toEqual(expect.arrayContaining(['postgresql.conf', 'pg_hba.conf', 'pg_ident.conf']));
    expect(await readFile(join(dataDir, 'pg_hba.conf'), 'utf8')).toBe(await readFile(join(cluster.configDir, 'pg_hba.conf'), 'utf8'));
    await verifyBackup(cluster, dataDir, madeFiles);
    await startPostmaster({ ...cluster, dataDir, debianName: undefined, logPath: join(dataDir, '..', 'log') });
    const connection = { host: dataDir, port: 5432 };
    await untilOpen(connection, dataDir);
    expect(await ask(connection, 'select count(*)::int as rows from kept', dataDir)).toEqual([{ rows: 200 }]);
    await amcheckAll(cluster, connection);
  });

  it('of 18 holds what amcheck finds nothing wrong with', async () => {
    const accident = await makeAccident({ major: 18, kind: 'initdb' });
    const dataDir = await newDataDir(accident);
    const { data } = await restore(accident.configPath, ['--latest', '--data-dir', dataDir, '--start']);
    const [found] = await ask(data.connection, amcheck, dataDir);
    expect(found).toMatchObject({ damages: 0 });
    expect(found?.indexes).toBeGreaterThan(50);
  });
});
