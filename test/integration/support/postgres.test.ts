import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isRoot, plainUser } from '#support/os-users';
import { type Cluster, startCluster } from '#support/postgres';
import { listProcesses } from '../../../scripts/test/processes.mjs';

async function expectUsable(cluster: Cluster, major: number): Promise<void> {
  const [row] = await cluster.psql<{ version: number; checksums: string; archive: string; listen: string }>(
    `SELECT current_setting('server_version_num')::int / 10000 AS version, current_setting('data_checksums') AS checksums,
            current_setting('archive_mode') AS archive, current_setting('listen_addresses') AS listen`,
  );
  expect(row).toEqual({ version: major, checksums: 'on', archive: 'on', listen: '' });
}

describe.each([15, 18] as const)('a cluster of initdb, PostgreSQL %i', (major) => {
  it('runs, stops, survives kill -9, and takes settings', async () => {
    const cluster = await startCluster({ major, kind: 'initdb', settings: { work_mem: '1MB' }, tablespaces: ['cold'] });
    await expectUsable(cluster, major);
    await cluster.psql('CREATE TABLE kept (n int) TABLESPACE cold; INSERT INTO kept SELECT generate_series(1, 100); CHECKPOINT');
    const before = listProcesses().filter((entry) => entry.cwd === cluster.dataDir);
    await cluster.kill9();
    expect(before.length).toBeGreaterThan(3);
    expect(listProcesses().filter((entry) => entry.cwd === cluster.dataDir)).toEqual([]);
    expect(await cluster.isRunning()).toBe(false);
    await cluster.start();
    expect(await cluster.psql('SELECT count(*)::int AS n FROM kept')).toEqual([{ n: 100 }]);
    expect(await cluster.log()).toContain('was not properly shut down');
    await cluster.configure({ archive_command: 'true' });
    await cluster.stop();
    expect(await cluster.isRunning()).toBe(false);
    await cluster.start();
    expect(await cluster.psql("SELECT current_setting('archive_command') AS c, current_setting('work_mem') AS w")).toEqual([
      { c: 'true', w: '1MB' },
    ]);
  });
});

it('runs a server as a plain user', async () => {
  const user = plainUser();
  const cluster = await startCluster({ major: 18, kind: 'initdb', user });
  expect(statSync(join(cluster.dataDir, 'PG_VERSION')).uid).toBe(user.uid);
  await expectUsable(cluster, 18);
});

it.skipIf(!isRoot)("makes a cluster Debian's way, with its configuration elsewhere (needs root)", async () => {
  const cluster = await startCluster({ major: 15, kind: 'pg_createcluster' });
  await expectUsable(cluster, 15);
  expect(existsSync(join(cluster.dataDir, 'postgresql.conf'))).toBe(false);
  expect(existsSync(join(cluster.configDir, 'postgresql.conf'))).toBe(true);
  await cluster.kill9();
  await cluster.start();
  await cluster.configure({ archive_command: 'true' });
  await cluster.restart();
  await expectUsable(cluster, 15);
});
