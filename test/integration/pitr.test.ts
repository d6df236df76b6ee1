import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Accident, ask, copyRepository, makeAccident, newDataDir, restore, shift } from '#support/restore/accident';

describe.each([15, 18] as const)('a restore of PostgreSQL %i', (major) => {
  let accident: Accident;
  beforeAll(async () => {
    accident = await makeAccident({ major, kind: 'initdb' });
  });

  const into = async (args: readonly string[], configPath = accident.configPath) => {
    const dataDir = await newDataDir(accident);
    return { dataDir, ...(await restore(configPath, ['--data-dir', dataDir, ...args])) };
  };

  it('brings the rows back as they were just before the accident, and says where it stopped', async () => {
    const target = shift(accident.atDrop, -1);
    const { code, data, stderr, dataDir } = await into(['--target-time', target, '--start']);
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(await ask(data.connection, 'select count(*)::int as rows, sum(id)::int as sum from kept', dataDir)).toEqual([
      { rows: 300, sum: 45_150 },
    ]);
    expect(data).toMatchObject({ state: 'running', base: accident.first.label, timeline: 2, dataDir });
    expect(data.reason).toMatch(/^before /);
    expect(data.reachedTime <= target && data.reachedTime > accident.at200).toBe(true);
    expect(existsSync(join(dataDir, 'copilot-db.restore.json'))).toBe(false);
    const [settings] = await ask(
      data.connection,
      `select current_setting('archive_mode') as archiving, current_setting('listen_addresses') as addresses, pg_is_in_recovery() as recovering`,
      dataDir,
    );
    expect(settings).toEqual({ archiving: 'off', addresses: '', recovering: false });
    if (major === 15) expect(stderr).toContain(`at ${accident.atDrop}`);
    else expect(stderr).toContain('no pg_waldump of PostgreSQL 18');
  });

  it('keeps or leaves out the transaction of exactly the target with --before', async () => {
    const with200 = await into(['--target-time', accident.at200, '--start']);
    expect(await ask(with200.data.connection, 'select count(*)::int as rows from kept', with200.dataDir)).toEqual([{ rows: 200 }]);
    const without = await into(['--target-time', accident.at200, '--before', '--start']);
    expect(await ask(without.data.connection, 'select count(*)::int as rows from kept', without.dataDir)).toEqual([{ rows: 100 }]);
  });

  it('brings all that is archived back with --latest, from the newest base backup', async () => {
    const { data, dataDir } = await into(['--latest', '--start']);
    expect(data.base).toBe(accident.second.label);
    expect(await ask(data.connection, `select to_regclass('kept') as kept, (select id from later) as later`, dataDir)).toEqual([
      { kept: null, later: 1 },
    ]);
    expect(data.reason).toBe('no recovery target specified');
  });

  it('waits at the target, or stops there, when asked', async () => {
    const paused = await into(['--target-time', accident.at200, '--target-action', 'pause', '--start']);
    expect(paused.data).toMatchObject({ state: 'paused' });
    expect(
      await ask(paused.data.connection, 'select count(*)::int as rows, pg_is_in_recovery() as recovering from kept', paused.dataDir),
    ).toEqual([{ rows: 200, recovering: true }]);
    const stopped = await into(['--target-time', accident.at200, '--target-action', 'shutdown', '--start']);
    expect(stopped.data).toMatchObject({ state: 'stopped', connection: null });
    expect(existsSync(join(stopped.dataDir, 'postmaster.pid'))).toBe(false);
  });

  it('refuses targets that cannot be reached, with what can, and writes nothing', async () => {
    const refusals = [
      [['--target-time', accident.first.stopTime], 'RESTORE_TARGET_TOO_EARLY', 5],
      [['--target-time', '2999-01-01T00:00:00Z'], 'RESTORE_TARGET_IN_FUTURE', 2],
      [['--target-time', '2026-11-23T10:00:00'], 'TIME_NAIVE', 2],
      [['--latest', '--base', '20200101T000000Z'], 'RESTORE_BASE_UNKNOWN', 2],
      [['--target-time', accident.at200, '--base', accident.second.label], 'RESTORE_TARGET_TOO_EARLY', 5],
      [['--latest', '--before'], 'USAGE_INVALID', 2],
      [['--latest', '--target-action', 'pause'], 'USAGE_INVALID', 2],
      [[], 'USAGE_MISSING', 2],
    ] as const;
    for (const [args, errorCode, exit] of refusals) {
      const { code, error, dataDir } = await into(args);
      expect({ args, code, errorCode: error.code }).toEqual({ args, code: exit, errorCode });
      expect(existsSync(dataDir)).toBe(false);
    }
    const early = await into(['--target-time', accident.first.startTime]);
    expect(JSON.stringify(early.error)).toContain(accident.first.stopTime);
  });

  it('does not open when the archive ends before the target', async () => {
    const { error, dataDir } = await into(['--target-time', shift(accident.atEnd, 1), '--start']);
    expect(error.code).toBe('RESTORE_TARGET_BEYOND_ARCHIVE');
    expect(existsSync(join(dataDir, 'postmaster.pid'))).toBe(false);
    // Without pg_waldump nobody knows before PostgreSQL does.
    expect(existsSync(dataDir)).toBe(major === 18);
  });

  it('refuses a directory that holds anything, and leaves it alone', async () => {
    const dataDir = await newDataDir(accident);
    await mkdir(dataDir);
    await writeFile(join(dataDir, 'PG_VERSION'), '15\n');
    const { code, error } = await restore(accident.configPath, ['--latest', '--data-dir', dataDir]);
    expect({ code, error: error.code }).toEqual({ code: 5, error: 'RESTORE_TARGET_NOT_EMPTY' });
    expect(await readdir(dataDir)).toEqual(['PG_VERSION']);
    const running = await restore(accident.configPath, ['--latest', '--data-dir', accident.cluster.dataDir]);
    expect(running.error.code).toBe('RESTORE_TARGET_NOT_EMPTY');
  });

  it('names a segment that is missing before anything is written', async () => {
    const damaged = await copyRepository(accident);
    await removeSegment(damaged.folder, accident.middleSegment);
    const { code, error, dataDir } = await into(['--target-time', shift(accident.atDrop, -1)], damaged.configPath);
    expect({ code, error: error.code, segment: error.details.segment }).toEqual({
      code: 8,
      error: 'RESTORE_WAL_MISSING',
      segment: accident.middleSegment,
    });
    expect(existsSync(dataDir)).toBe(false);
    // The newest base backup does not need it.
    expect((await into(['--latest'], damaged.configPath)).code).toBe(0);
  });

  it('says which object of the backup is missing or short', async () => {
    const damaged = await copyRepository(accident);
    const key = join(damaged.folder, accident.second.tablespaces[0]?.archive.parts[0]?.key as string);
    await truncate(key, 1000);
    const short = await into(['--latest'], damaged.configPath);
    expect({ code: short.code, error: short.error.code }).toEqual({ code: 8, error: 'RESTORE_OBJECT_DAMAGED' });
    await rm(key);
    const missing = await into(['--latest'], damaged.configPath);
    expect({ code: missing.code, error: missing.error.code }).toEqual({ code: 8, error: 'RESTORE_OBJECT_DAMAGED' });
    expect(existsSync(short.dataDir) || existsSync(missing.dataDir)).toBe(false);
  });

  it('leaves a directory that cannot start when one byte is wrong, and clears it the next time', async () => {
    const damaged = await copyRepository(accident);
    const key = join(damaged.folder, accident.second.tablespaces[0]?.archive.parts[0]?.key as string);
    const body = await readFile(key);
    const last = body.length - 20;
    const good = body[last] as number;
    body[last] = good ^ 1;
    await writeFile(key, body);
    const { code, error, dataDir } = await into(['--latest', '--start'], damaged.configPath);
    expect({ code, error: error.code }).toEqual({ code: 8, error: 'RESTORE_OBJECT_DAMAGED' });
    expect(existsSync(join(dataDir, 'global', 'pg_control'))).toBe(false);
    body[last] = good;
    await writeFile(key, body);
    const again = await restore(damaged.configPath, ['--latest', '--start', '--data-dir', dataDir]);
    expect(again.error).toBeUndefined();
    expect(await ask(again.data.connection, 'select id from later', dataDir)).toEqual([{ id: 1 }]);
  });
});

async function removeSegment(folder: string, segment: string): Promise<void> {
  for (const entry of await readdir(join(folder, 'wal'), { recursive: true })) {
    if (entry.includes(segment)) await rm(join(folder, 'wal', entry));
  }
}
