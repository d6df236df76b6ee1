import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createPair, nextPair, normaliseName } from '#features/migrations/create-pair';
import { parseFileName, parseVersion } from '#features/migrations/file-name';
import { readMigrations } from '#features/migrations/read-migrations';
import { tempDir } from '#support/temp-dir';

const { signal } = new AbortController();

async function directoryOf(files: Readonly<Record<string, string | Buffer>>): Promise<string> {
  const directory = await tempDir('migrations');
  for (const [name, content] of Object.entries(files)) await writeFile(join(directory, name), content);
  return directory;
}

describe('readMigrations', () => {
  it('pairs files by version, in the order of numbers, and leaves other files alone', async () => {
    const directory = await directoryOf({
      'V1000_late.sql': 'd',
      'V999_c.sql': 'c',
      'V002_b.sql': '\uFEFFb\r\n',
      'R002_take_back.sql': 'x',
      'V001_a.sql': 'a',
      'README.md': 'no',
      '.V003_x.sql.swp': 'no',
    });
    await mkdir(join(directory, 'old'));
    const found = await readMigrations(directory, signal);
    expect(found.map(({ version, name, down }) => [version, name, down?.text])).toEqual([
      [1, 'a', undefined],
      [2, 'b', 'x'],
      [999, 'c', undefined],
      [1000, 'late', undefined],
    ]);
    expect(found[1]?.up.text).toBe('b\n');
  });

  it.each([
    ['MIGRATION_NAME_INVALID', { 'V1_short.sql': '' }],
    ['MIGRATION_NAME_INVALID', { 'v001_lower.sql': '' }],
    ['MIGRATION_NAME_INVALID', { 'V001-dash.sql': '' }],
    ['MIGRATION_NAME_INVALID', { 'V000_zero.sql': '' }],
    ['MIGRATION_NAME_INVALID', { 'V001_upper.SQL': '' }],
    ['MIGRATION_NAME_INVALID', { 'U001_undo.sql': '' }],
    ['MIGRATION_NAME_INVALID', { 'V001_a.sql': '', 'R002_alone.sql': '' }],
    ['MIGRATION_DUPLICATE', { 'V001_a.sql': '', 'V0001_b.sql': '' }],
    ['MIGRATION_DUPLICATE', { 'V001_a.sql': '', 'R001_a.sql': '', 'R001_b.sql': '' }],
    ['MIGRATION_UNREADABLE', { 'V001_a.sql': Buffer.from([0x27, 0xfc, 0x27]) }],
    ['MIGRATION_UNREADABLE', { 'V001_a.sql': 'select \0' }],
  ] as const)('throws %s for %j', async (code, files) => {
    await expect(readMigrations(await directoryOf(files), signal)).rejects.toMatchObject({ code });
  });

  it('names a directory that is not there', async () => {
    await expect(readMigrations('/nowhere/migrations', signal)).rejects.toMatchObject({ code: 'MIGRATION_DIR_MISSING', exit: 'usage' });
  });
});

describe('names and versions', () => {
  it('reads versions as people write them', () => {
    expect(['3', '003', 'V003', 'v3', '0'].map(parseVersion)).toEqual([3, 3, 3, 3, 0]);
    expect(['', 'x', '-1', '1.5', 'R003'].map(parseVersion)).toEqual(Array(5).fill(undefined));
    expect(parseFileName('V20261123120000_stamp.sql')).toEqual({ kind: 'V', version: 20261123120000, name: 'stamp' });
  });

  it('makes the next pair, and never over a file that is there', async () => {
    const directory = await directoryOf({ 'V007_a.sql': 'select 1' });
    expect(normaliseName(' Add avatar-URL! ')).toBe('add_avatar_url');
    expect(normaliseName('--')).toBeUndefined();
    const pair = nextPair(directory, await readMigrations(directory, signal), 'add_avatar_url');
    expect(pair).toEqual({ version: 8, up: join(directory, 'V008_add_avatar_url.sql'), down: join(directory, 'R008_add_avatar_url.sql') });
    await createPair(pair);
    expect((await readMigrations(directory, signal)).map(({ version, down }) => [version, down !== undefined])).toEqual([
      [7, false],
      [8, true],
    ]);
    await expect(createPair(pair)).rejects.toMatchObject({ code: 'MIGRATION_EXISTS' });
  });
});
