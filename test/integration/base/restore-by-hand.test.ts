import { execFile } from 'node:child_process';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { describe, expect, it } from 'vitest';
import { createBaseBackup } from '#features/recovery/base/create-base-backup';
import { newRunId } from '#kernel/run-id';
import { systemClock } from '#kernel/time';
import { backupTools, startArchivedCluster } from '#support/archived-cluster';
import { freePort } from '#support/free-port';
import { asUser, isRoot } from '#support/os-users';
import type { Cluster } from '#support/postgres';
import { reachableCopy } from '#support/reachable-copy';
import { atFileEnd } from '#support/reaper';
import { runOk } from '#support/run';
import { tempDir } from '#support/temp-dir';

const script = fileURLToPath(new URL('../../../docs/restore-by-hand.sh', import.meta.url));

const kinds = [
  { major: 15, kind: 'initdb' },
  { major: 15, kind: 'pg_createcluster' },
  { major: 18, kind: 'initdb' },
] as const;

describe.each(kinds)('restoring by hand, $kind of PostgreSQL $major', ({ major, kind }) => {
  it.skipIf(kind === 'pg_createcluster' && !isRoot)(
    'brings back what was committed after the backup, with standard tools alone',
    async () => {
      const archived = await startArchivedCluster({ major, kind, tablespaces: ['more'] });
      const { cluster } = archived;
      await cluster.psql('create table kept tablespace more as select generate_series(1, 1000) n');
      const sql = await archived.connect();
      const manifest = await createBaseBackup(backupTools(archived, sql), { runId: newRunId(systemClock.now()), walWaitMs: 20_000 });
      expect(manifest.configFiles.map(({ path }) => path).filter((path) => path.endsWith('/pg_hba.conf'))).toHaveLength(
        kind === 'initdb' ? 0 : 1,
      );
      await cluster.psql('insert into kept select generate_series(1001, 1500)');
      const segment = await lastSegment(cluster);
      await arrived(cluster, segment);
      await cluster.stop();

      const home = await tempDir('byhand', { owner: cluster.user });
      const dataDir = join(home, 'data');
      const readable = await reachableCopy(script, cluster.user, 'restore-by-hand.sh');
      await runOk('sh', [readable, archived.folder, manifest.label, dataDir], { user: cluster.user, env: { PATH: '/usr/bin:/bin' } });
      if (major === 15) {
        const ignore = [
          '-i',
          'tablespace_map',
          ...(kind === 'initdb' ? [] : ['postgresql.conf', 'pg_hba.conf', 'pg_ident.conf'].flatMap((name) => ['-i', name])),
        ];
        const verified = await runOk(join(cluster.binDir, 'pg_verifybackup'), ['-n', ...ignore, dataDir], { user: cluster.user });
        expect(verified).toContain('backup successfully verified');
      }
      const restored = await start(cluster, dataDir, home);
      const { rows } = await restored.query('select count(*)::int as n, max(n) as max from kept');
      expect(rows).toEqual([{ n: 1500, max: 1500 }]);
      await restored.end();
    },
  );
});

async function lastSegment(cluster: Cluster): Promise<string> {
  const [row] = await cluster.psql<{ segment: string }>('select pg_walfile_name(pg_switch_wal() - 1) as segment');
  return row?.segment as string;
}

async function arrived(cluster: Cluster, segment: string): Promise<void> {
  for (const until = Date.now() + 20_000; Date.now() < until; await sleep(100)) {
    const [row] = await cluster.psql<{ last: string }>('select last_archived_wal as last from pg_stat_archiver');
    if ((row?.last ?? '') >= segment) return;
  }
  throw new Error(`${segment} was not archived`);
}

/** Starts the restored server and waits until it is open. */
async function start(cluster: Cluster, dataDir: string, home: string): Promise<pg.Client> {
  const port = await freePort();
  await appendFile(
    join(dataDir, 'postgresql.conf'),
    `listen_addresses = ''\nport = ${port}\nunix_socket_directories = '${home}'\nshared_buffers = '16MB'\nfsync = off\n`,
  );
  const { command, args } = asUser(cluster.user, join(cluster.binDir, 'postgres'), ['-D', dataDir]);
  const env = { PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8' };
  const child = execFile(command, args, { cwd: home, env, maxBuffer: 1024 ** 3 });
  let log = '';
  child.stderr?.on('data', (text: string) => {
    log += text;
  });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  atFileEnd(async () => {
    child.kill('SIGQUIT');
    await ended;
  });
  for (const until = Date.now() + 60_000; Date.now() < until && child.exitCode === null; await sleep(200)) {
    const client = new pg.Client({ host: home, port, user: 'postgres', database: 'postgres' });
    client.on('error', () => undefined);
    try {
      await client.connect();
      const { rows } = await client.query('select pg_is_in_recovery() as recovering');
      if (rows[0].recovering === false) return client;
    } catch {
      // Not yet.
    }
    await client.end().catch(() => undefined);
  }
  throw new Error(`the restored server did not open:\n${log}`);
}
