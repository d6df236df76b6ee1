import { existsSync } from 'node:fs';
import { chmod, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { isRoot } from '#support/os-users';
import { leftIn } from '#support/processes';
import { type Accident, ask, copyRepository, makeAccident, newDataDir, restore, shift } from '#support/restore/accident';
import { runOk } from '#support/run';
import { tempDir } from '#support/temp-dir';

type Copy = Awaited<ReturnType<typeof copyRepository>>;

describe('a restore', () => {
  let accident: Accident;
  beforeAll(async () => {
    accident = await makeAccident({ major: 15, kind: 'initdb' });
  });

  const into = async (args: readonly string[], { configPath } = accident as { configPath: string }, env: Record<string, string> = {}) => {
    const dataDir = await newDataDir(accident);
    return { dataDir, ...(await restore(configPath, ['--data-dir', dataDir, ...args], env)) };
  };

  it('does not take damaged WAL for the end of the archive', async () => {
    const copy = await copyRepository(accident);
    // Right in size, header and place, as a disk or a faulty copy would leave it; zeroes are how WAL looks where it ends.
    await rewriteSegment(copy, accident.middleSegment, (body) => body.fill(0, 8192));
    const { code, error, dataDir } = await into(['--latest', '--base', accident.first.label, '--start'], copy);
    expect({ code, error: error.code }).toMatchObject({ error: 'RESTORE_UNPROVEN' });
    expect(code).not.toBe(0);
    expect(error.message).toContain('before the newest segment');
    expect(leftIn(dataDir).processes).toEqual([]);
  });

  it('does not open when a segment cannot be fetched, and shows why', async () => {
    const copy = await copyRepository(accident);
    await rewriteSegment(copy, accident.middleSegment, (body) => body.subarray(0, 1000));
    const { code, error, dataDir } = await into(['--latest', '--base', accident.first.label, '--start'], copy);
    expect({ code, error: error.code }).toEqual({ code: 8, error: 'RESTORE_SERVER_STOPPED' });
    expect(error.detail).toContain(accident.middleSegment);
    expect(leftIn(dataDir).processes).toEqual([]);
  });

  it.each([
    ['of which nothing is left', 'RESTORE_NOTHING_USABLE', 5, dropManifests],
    ['whose manifest cannot be read', 'RESTORE_NOTHING_USABLE', 5, spoilManifests],
    ['with tablespaces elsewhere', 'RESTORE_TABLESPACES_UNMAPPED', 5, addTablespace],
    ['that is larger than the disk', 'RESTORE_DISK_TOO_SMALL', 5, inflate],
    ['of a version that is not here', 'RESTORE_PROGRAMS_MISSING', 2, makeOlder],
  ] as const)('refuses a repository %s', async (_, errorCode, exit, change) => {
    const copy = await copyRepository(accident);
    await change(copy);
    const { code, error, dataDir } = await into(['--latest', '--start'], copy);
    expect({ code, error: error.code }).toEqual({ code: exit, error: errorCode });
    expect(existsSync(dataDir)).toBe(false);
  });

  it('refuses a directory that cannot be made, and says when tar fails', async () => {
    const file = join(await tempDir('file'), 'file');
    await writeFile(file, '');
    expect((await restore(accident.configPath, ['--latest', '--data-dir', file])).error.code).toBe('RESTORE_TARGET_NOT_EMPTY');
    expect((await restore(accident.configPath, ['--latest', '--data-dir', join(file, 'data')])).error.code).toBe(
      'RESTORE_DIRECTORY_UNUSABLE',
    );
    const bin = await tempDir('bin');
    await writeFile(join(bin, 'tar'), '#!/bin/sh\nhead -c 100000 >/dev/null\necho "No space left on device" >&2\nexit 2\n');
    await chmod(join(bin, 'tar'), 0o755);
    const full = await into(['--latest'], accident, { PATH: `${bin}:${process.env.PATH}` });
    expect({ code: full.code, error: full.error.code }).toEqual({ code: 1, error: 'RESTORE_EXTRACT_FAILED' });
    expect(full.error.detail).toContain('No space left on device');
    expect(existsSync(join(full.dataDir, 'global', 'pg_control'))).toBe(false);
  });

  it.skipIf(!isRoot)('runs as root in a directory that only root can enter, and refuses an owner who cannot', async () => {
    const dataDir = join(await tempDir('private', { mode: 0o700 }), 'data');
    const refused = await restore(accident.configPath, ['--latest', '--data-dir', dataDir, '--owner', 'postgres']);
    expect({ code: refused.code, error: refused.error.code }).toEqual({ code: 2, error: 'RESTORE_OWNER_SHUT_OUT' });
    const unknown = await restore(accident.configPath, ['--latest', '--data-dir', dataDir, '--owner', 'nobody-of-that-name']);
    expect(unknown.error.code).toBe('OS_USER_UNKNOWN');
    // Root in a user namespace is nobody special either: it cannot read what `postgres` keeps for itself.
    const closed = await restore(accident.configPath, ['--latest', '--data-dir', dataDir, '--start']);
    expect(closed.error).toMatchObject({ code: 'RESTORE_OWNER_SHUT_OUT', message: expect.stringContaining('repository.json') });
    const copy = await copyRepository(accident);
    await runOk('chown', ['-R', '0:0', join(copy.folder, '..')]);
    const { error, data } = await restore(copy.configPath, ['--target-time', accident.at200, '--data-dir', dataDir, '--start']);
    expect(error).toBeUndefined();
    expect(data.owner).toBe('root');
    expect(await ask(data.connection, 'select count(*)::int as rows from kept', dataDir)).toEqual([{ rows: 200 }]);
  });

  it('shows what can be restored when nobody says which moment', async () => {
    const { code, error } = await into([]);
    expect({ code, error: error.code }).toEqual({ code: 2, error: 'USAGE_MISSING' });
    expect(error.detail).toContain(`after ${accident.first.stopTime} to ${accident.atEnd}, timeline 1, 2 base backups`);
    const copy = await copyRepository(accident);
    await rewriteSegment(copy, accident.middleSegment, undefined);
    const holed = await into([], copy);
    expect(holed.error.detail).toContain(`missing ${accident.middleSegment} (1 segment)`);
  });

  it('writes nothing with --dry-run', async () => {
    const { code, dataDir } = await into(['--target-time', shift(accident.atDrop, -1), '--start', '--dry-run']);
    expect({ code, exists: existsSync(dataDir) }).toEqual({ code: 0, exists: false });
  });
});

async function rewriteSegment({ folder }: Copy, segment: string, change: ((body: Buffer) => Buffer) | undefined): Promise<void> {
  for (const entry of await readdir(join(folder, 'wal'), { recursive: true })) {
    if (!entry.includes(segment)) continue;
    const path = join(folder, 'wal', entry);
    if (entry.endsWith('.zst') && change !== undefined) {
      await runOk('zstd', ['-q', '-d', path, '-o', `${path}.raw`]);
      await writeFile(`${path}.raw`, change(await readFile(`${path}.raw`)));
      await runOk('zstd', ['-q', '-f', `${path}.raw`, '-o', path]);
      await rm(`${path}.raw`);
    } else await rm(path);
  }
}

async function changeManifests({ folder }: Copy, change: (text: string) => string): Promise<void> {
  for (const label of await readdir(join(folder, 'base'))) {
    const path = join(folder, 'base', label, 'manifest.json');
    await writeFile(path, change(await readFile(path, 'utf8')));
    // It holds the size the store expects.
    await rm(`${path}.meta.json`);
  }
}

async function dropManifests({ folder }: Copy): Promise<void> {
  await rename(join(folder, 'base'), join(folder, 'gone'));
}

function spoilManifests(copy: Copy): Promise<void> {
  return changeManifests(copy, () => '{');
}

function addTablespace(copy: Copy): Promise<void> {
  return changeManifests(copy, (text) => {
    const manifest = JSON.parse(text);
    const [main] = manifest.tablespaces;
    return pretty({ ...manifest, tablespaces: [main, { ...main, oid: 16_400, location: '/srv/fast' }] });
  });
}

function inflate(copy: Copy): Promise<void> {
  return changeManifests(copy, (text) => {
    const manifest = JSON.parse(text);
    manifest.tablespaces[0].archive.rawBytes = 8e15;
    return pretty(manifest);
  });
}

function makeOlder(copy: Copy): Promise<void> {
  return changeManifests(copy, (text) => pretty({ ...JSON.parse(text), serverVersion: 140_000 }));
}

/** As the repository writes it. */
function pretty(manifest: unknown): string {
  return `${JSON.stringify(manifest, undefined, 2)}\n`;
}
