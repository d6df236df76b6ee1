import { chmod, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { listWalFiles } from '#repository/wal-objects';
import { type Cluster, startCluster } from '#support/postgres';
import type { Major } from '#support/postgres/programs';
import { runOk } from '#support/run';
import { tempDir } from '#support/temp-dir';
import { brokenWalHome, realWalHome } from '#support/wal-program';
import { makeWalRepository, type WalRepository } from '#support/wal-repository';

/** How the program breaks while the server recovers, or while it archives. */
const faults: readonly (readonly [string, string | undefined])[] = [
  ['is a missing module', undefined],
  ['throws', `throw new Error('no');`],
  ['has a syntax error', 'const = 1;'],
  [
    'runs out of memory',
    `import v8 from 'node:v8'; v8.setFlagsFromString('--max-old-space-size=8'); const all = []; for (;;) all.push({ at: all.length });`,
  ],
  ['hangs', 'for (;;);'],
  ['is empty', ''],
];
const batches = 4;
const rowsOfBatch = 500;
const servedBeforeTheFault = 2;

type Outcome = { state: 'stopped' } | { state: 'open'; rows: number };
const allRows: Outcome = { state: 'open', rows: batches * rowsOfBatch };

describe.each<Major>([15, 18])('PostgreSQL %i', (major) => {
  let primary: Cluster;
  let archive: WalRepository;
  let good: string;
  let base: string;
  let systemId: string;

  beforeAll(async () => {
    primary = await startCluster({ major, kind: 'initdb', walSegmentMb: 1, settings: { wal_level: 'replica' } });
    archive = await makeWalRepository({ owner: primary.user });
    good = (await realWalHome()).wrapper;
    const [row] = await primary.psql<{ id: string }>('select system_identifier::text as id from pg_control_system()');
    systemId = row?.id as string;
    await primary.configure({ archive_command: pushWith(good) });
    await primary.psql('create table kept (batch int, id int)');
    base = await copyOnline();
  });

  const pushWith = (wrapper: string, environment = '') => `${environment} ${wrapper} push --config ${archive.configPath} "%p"`.trim();

  /** A base backup by hand: the data directory between pg_backup_start and pg_backup_stop, without its WAL. */
  async function copyOnline(): Promise<string> {
    const copy = join(primary.home, 'base');
    const session = await primary.client();
    await session.query(`select pg_backup_start('by hand', true)`);
    await runOk('cp', ['-a', primary.dataDir, copy]);
    const { rows } = await session.query('select labelfile from pg_backup_stop(true)');
    for (const name of await readdir(join(copy, 'pg_wal'))) await rm(join(copy, 'pg_wal', name), { recursive: true });
    for (const name of ['postmaster.pid', 'postmaster.opts']) await rm(join(copy, name), { force: true });
    await writeFile(join(copy, 'backup_label'), rows[0].labelfile);
    await runOk('mkdir', [join(copy, 'pg_wal', 'archive_status')]);
    await runOk('chown', ['-R', `${primary.user.uid}:${primary.user.gid}`, copy]);
    return copy;
  }

  async function nextSegment(): Promise<string> {
    await primary.psql(`select pg_logical_emit_message(false, 'test', 'x')`);
    const [row] = await primary.psql<{ segment: string }>('select pg_walfile_name(pg_switch_wal() - 1) as segment');
    return row?.segment as string;
  }

  async function archiver(): Promise<{ archived: number; failed: number; lastFailed: string | null }> {
    const [row] = await primary.psql<{ archived: number; failed: number; lastFailed: string | null }>(
      'select archived_count::int as archived, failed_count::int as failed, last_failed_wal as "lastFailed" from pg_stat_archiver',
    );
    return row as { archived: number; failed: number; lastFailed: string | null };
  }

  async function archivedNames(): Promise<string[]> {
    const names: string[] = [];
    for await (const { file } of listWalFiles(archive.repository, { systemId, timeline: 1 }, new AbortController().signal))
      names.push(file.name);
    return names;
  }

  async function until(holds: () => Promise<boolean>, what: string): Promise<void> {
    for (const deadline = Date.now() + 60_000; Date.now() < deadline; await sleep(100)) if (await holds()) return;
    throw new Error(`never: ${what}\n${(await primary.log()).slice(-2000)}`);
  }

  /** Puts the base copy in the place of the stopped server and lets it recover to the end of the archive. */
  async function recover(restoreCommand: string): Promise<Outcome> {
    await primary.stop('immediate');
    await rm(primary.logPath);
    await rm(primary.dataDir, { recursive: true });
    await runOk('cp', ['-a', base, primary.dataDir]);
    const settings = `archive_mode = off\nrestore_command = '${restoreCommand}'\n`;
    for (const [name, text] of [
      ['postgresql.auto.conf', settings],
      ['recovery.signal', ''],
    ] as const) {
      await writeFile(join(primary.dataDir, name), text);
    }
    await primary.start().catch(() => undefined);
    for (const deadline = Date.now() + 60_000; Date.now() < deadline; await sleep(100)) {
      if (!(await primary.isRunning())) return { state: 'stopped' };
      const [row] = await primary.psql<{ recovering: boolean }>('select pg_is_in_recovery() as recovering').catch(() => []);
      if (row?.recovering !== false) continue;
      const [count] = await primary.psql<{ rows: number }>('select count(*)::int as rows from kept');
      return { state: 'open', rows: count?.rows as number };
    }
    throw new Error(`neither open nor stopped\n${(await primary.log()).slice(-2000)}`);
  }

  /** A restore_command that serves a few segments with the good wrapper and then goes to the other one. */
  async function breaksAfter(served: number, then: string): Promise<string> {
    const directory = await tempDir('command', { owner: primary.user });
    const script = join(directory, 'restore');
    await writeFile(
      script,
      `#!/bin/sh
served=$(cat ${directory}/served 2>/dev/null || echo 0)
case $1 in *.history) served=0 ;; *) echo $((served + 1)) >${directory}/served ;; esac
if [ "$served" -lt ${served} ]; then exec ${good} fetch --config ${archive.configPath} "$@"; fi
${then}
`,
    );
    await chmod(script, 0o755);
    return `${script} "%f" "%p"`;
  }

  describe('the archiver', () => {
    it.each(faults)('never believes a program that %s', async (_, program) => {
      const { wrapper } = await brokenWalHome(program);
      await until(async () => (await archivedNames()).length === (await archiver()).archived, 'an idle archiver');
      await primary.configure({ archive_command: pushWith(wrapper, 'COPILOT_DB_WAL_DEADLINE=2') });
      const before = await archiver();
      const segment = await nextSegment();
      await until(async () => (await archiver()).failed > before.failed, 'a counted failure');
      expect(await archiver()).toMatchObject({ archived: before.archived, lastFailed: segment });
      expect(await archivedNames()).not.toContain(segment);
      await primary.configure({ archive_command: pushWith(good) });
      await until(async () => (await archivedNames()).includes(segment), 'the segment in the archive after the fault');
    });

    it('never believes when node is not on the PATH of the server', async () => {
      const path = await tempDir('path');
      for (const tool of ['sleep', 'readlink']) await symlink(`/usr/bin/${tool}`, join(path, tool));
      await until(async () => (await archivedNames()).length === (await archiver()).archived, 'an idle archiver');
      await primary.configure({ archive_command: pushWith((await brokenWalHome('process.exit(43)')).wrapper, `PATH=${path}`) });
      const before = await archiver();
      const segment = await nextSegment();
      await until(async () => (await archiver()).failed > before.failed, 'a counted failure');
      expect(await archiver()).toMatchObject({ archived: before.archived, lastFailed: segment });
      await primary.configure({ archive_command: pushWith(good) });
      await until(async () => (await archivedNames()).includes(segment), 'the segment in the archive after the fault');
    });
  });

  describe('a recovering server', () => {
    beforeAll(async () => {
      let last = '';
      for (let batch = 0; batch < batches; batch++) {
        await primary.psql(`insert into kept select ${batch}, n from generate_series(1, ${rowsOfBatch}) n`);
        last = await nextSegment();
      }
      await until(async () => (await archivedNames()).includes(last), 'all segments in the archive');
    });

    it('recovers everything when nothing breaks', async () => {
      expect(await recover(`${good} fetch --config ${archive.configPath} "%f" "%p"`)).toEqual(allRows);
    });

    it('would open short without the wrapper', async () => {
      const outcome = await recover(await breaksAfter(servedBeforeTheFault, `exec ${process.execPath} /nowhere/wal.mjs "$@"`));
      expect(outcome.state).toBe('open');
      expect((outcome as { rows: number }).rows).toBeLessThan(batches * rowsOfBatch);
    });

    it.each(faults)('stops, and does not open short, when the program %s', async (_, program) => {
      const { wrapper } = await brokenWalHome(program);
      const then = `COPILOT_DB_WAL_DEADLINE=2 exec ${wrapper} fetch --config ${archive.configPath} "$@"`;
      expect(await recover(await breaksAfter(servedBeforeTheFault, then))).toEqual({ state: 'stopped' });
      expect(await primary.log()).toContain('PostgreSQL is told 126');
    });

    it('stops when node is not on its PATH', async () => {
      const path = await tempDir('path');
      for (const tool of ['sleep', 'readlink']) await symlink(`/usr/bin/${tool}`, join(path, tool));
      const { wrapper } = await brokenWalHome('process.exit(44)');
      expect(await recover(await breaksAfter(servedBeforeTheFault, `PATH=${path} exec ${wrapper} fetch --config /x "$@"`))).toEqual({
        state: 'stopped',
      });
    });

    it('stops at a hole in the archive', async () => {
      const names = (await archivedNames()).filter((name) => name.length === 24);
      const missing = `wal/${systemId}/00000001/${names.at(-3)}.zst`;
      const kept = await archive.repository.store.getBuffer(missing, { signal: new AbortController().signal });
      await archive.repository.store.deleteBatch([missing], { signal: new AbortController().signal });
      expect(await recover(`${good} fetch --config ${archive.configPath} "%f" "%p"`)).toEqual({ state: 'stopped' });
      expect(await primary.log()).toContain('WAL_GAP');
      await archive.repository.store.putIfAbsent(missing, kept.body, {
        runId: 'test',
        metadata: kept.metadata,
        signal: new AbortController().signal,
      });
    });
  });
});
