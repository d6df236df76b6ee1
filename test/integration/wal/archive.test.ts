import { readdir, readFile, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it } from 'vitest';
import { runWalProgram, walExitCodes } from '#cli/wal-program';
import { tempDir } from '#support/temp-dir';
import { makeWalRepository, type WalRepository } from '#support/wal-repository';
import { makeDataDir, makeSegment, systemId } from '#support/wal-segment';

const { done, absent } = walExitCodes;
const one = '000000010000000000000001';
const two = '000000010000000000000002';
const three = '000000010000000000000003';

/** What the wrapper would hear, and the line in the server's log. */
async function wal(configPath: string, cwd: string, args: readonly string[]): Promise<{ code: number; said: string }> {
  const [verb, ...rest] = args as [string, ...string[]];
  let said = '';
  const code = await runWalProgram({
    argv: [verb, '--config', configPath, ...rest],
    env: { PATH: process.env.PATH },
    cwd,
    isWanted: () => true,
    signal: new AbortController().signal,
    writeError: (line) => {
      said += line;
    },
  });
  return { code, said };
}

describe.each(['zstd', 'gzip'] as const)('an archive in a directory, %s', (codec) => {
  let archive: WalRepository;
  let dataDir: string;
  const push = (name: string, cwd = dataDir) => wal(archive.configPath, cwd, ['push', `pg_wal/${name}`]);
  const fetch = (name: string, ...options: string[]) =>
    wal(archive.configPath, dataDir, ['fetch', ...options, name, 'pg_wal/RECOVERYXLOG']);
  const fetched = () => readFile(join(dataDir, 'pg_wal', 'RECOVERYXLOG'));
  const stored = (name: string) =>
    join(archive.directory, 'test', 'wal', systemId, name.slice(0, 8), `${name}${codec === 'zstd' ? '.zst' : '.gz'}`);

  async function archived(...names: string[]): Promise<Buffer[]> {
    const bodies = names.map((name) =>
      /^[0-9A-F]{24}(\.partial)?$/.test(name) ? makeSegment(name.slice(0, 24)) : Buffer.from(`content of ${name}\n`),
    );
    for (const [index, name] of names.entries()) {
      await writeFile(join(dataDir, 'pg_wal', name), bodies[index] as Buffer);
      expect(await push(name)).toEqual({ code: done, said: '' });
    }
    return bodies;
  }

  beforeEach(async () => {
    archive = await makeWalRepository({ codec });
    dataDir = await makeDataDir();
  });

  it('gives back what it was given, of every kind', async () => {
    const names = [one, `${two}.partial`, `${one}.00000028.backup`, '00000002.history'];
    const bodies = await archived(...names);
    for (const [index, name] of names.entries()) {
      expect(await fetch(name)).toEqual({ code: done, said: '' });
      expect((await fetched()).equals(bodies[index] as Buffer)).toBe(true);
    }
    expect(await readdir(join(dataDir, 'pg_wal'))).toEqual(expect.not.arrayContaining([expect.stringMatching(/tmp/)]));
  });

  it('takes the same file twice', async () => {
    await archived(one);
    expect(await push(one)).toEqual({ code: done, said: '' });
  });

  it.each([one, '00000002.history'])('refuses other content under the name %s and keeps what it has', async (name) => {
    const [first] = await archived(name);
    await writeFile(join(dataDir, 'pg_wal', name), name === one ? makeSegment(one) : 'another history\n');
    const { code, said } = await push(name);
    expect(code).toBe(8);
    expect(said).toMatch(/WAL_CONFLICT: .*run [0-9TZ]+-[0-9a-f]{12} on host \S+/);
    expect(await fetch(name)).toMatchObject({ code: done });
    expect((await fetched()).equals(first as Buffer)).toBe(true);
  });

  it('refuses a segment that is not what its name says, and one of another system', async () => {
    await writeFile(join(dataDir, 'pg_wal', one), makeSegment(two));
    expect(await push(one)).toMatchObject({ code: 8, said: expect.stringContaining('WAL_FILE_INVALID') });
    await writeFile(join(dataDir, 'pg_wal', one), makeSegment(one, { systemId: '7700000000000000001' }));
    expect(await push(one)).toMatchObject({ code: 8, said: expect.stringContaining('WAL_SYSTEM_MISMATCH') });
    await expect(readFile(stored(one))).rejects.toThrow('ENOENT');
  });

  it('refuses a second database system', async () => {
    await archived(one);
    const other = await makeDataDir({ systemId: '7700000000000000001' });
    await writeFile(join(other, 'pg_wal', one), makeSegment(one, { systemId: '7700000000000000001' }));
    expect(await push(one, other)).toMatchObject({ code: 5, said: expect.stringContaining('REPOSITORY_SYSTEM_FOREIGN') });
    const asked = await wal(archive.configPath, other, ['fetch', one, 'pg_wal/RECOVERYXLOG']);
    expect(asked).toMatchObject({ code: 5, said: expect.stringContaining('REPOSITORY_SYSTEM_FOREIGN') });
  });

  describe('absence', () => {
    it('is proven behind the last segment, and for histories that never were', async () => {
      await archived(one, two);
      expect(await fetch(three)).toEqual({ code: absent, said: '' });
      expect(await fetch('000000020000000000000002')).toEqual({ code: absent, said: '' });
      expect(await fetch('00000002.history')).toEqual({ code: absent, said: '' });
    });

    it('of a history does not depend on later ones, but of a segment on anything later in its timeline', async () => {
      await archived('00000003.history', one, three);
      expect(await fetch('00000002.history')).toEqual({ code: absent, said: '' });
      expect(await fetch(two)).toMatchObject({ code: 8, said: expect.stringMatching(/WAL_GAP: .*0002 is missing .*0003 is there/) });
    });

    it('is not given up for a partial segment of the same name', async () => {
      await archived(one, `${two}.partial`, `${two}.00000028.backup`);
      expect(await fetch(two)).toEqual({ code: absent, said: '' });
    });

    it('sees a hole also by a later partial segment', async () => {
      await archived(one, `${three}.partial`);
      expect(await fetch(two)).toMatchObject({ code: 8, said: expect.stringContaining('WAL_GAP') });
    });

    it.each([
      ['without repository.json', (folder: string) => rm(join(folder, 'repository.json')), 'REPOSITORY_NOT_INITIALISED'],
      ['without the system', (folder: string) => rm(join(folder, 'systems', `${systemId}.json`)), 'REPOSITORY_SYSTEM_FOREIGN'],
      ['without the directory', (folder: string) => rm(join(folder, '..'), { recursive: true }), 'OBJECT_BUCKET_MISSING'],
      ['with a broken repository.json', (folder: string) => truncate(join(folder, 'repository.json'), 11), 'OBJECT_TRUNCATED'],
    ])('is not proven %s', async (_, harm, code) => {
      await archived(one);
      await harm(join(archive.directory, 'test'));
      const answer = await fetch(three);
      expect(answer.said).toContain(code);
      expect([done, absent]).not.toContain(answer.code);
    });

    it('is not proven when the system is not known', async () => {
      await archived(one);
      await rm(join(dataDir, 'global', 'pg_control'));
      expect(await fetch(three)).toMatchObject({ code: 2, said: expect.stringContaining('WAL_SYSTEM_UNKNOWN') });
      expect(await fetch(three, '--system', systemId)).toEqual({ code: absent, said: '' });
      await writeFile(join(dataDir, 'global', 'pg_control'), Buffer.alloc(8192));
      expect(await fetch(three)).toMatchObject({ code: 2, said: expect.stringContaining('WAL_SYSTEM_UNKNOWN') });
    });

    it('is not proven while one of two repositories cannot answer', async () => {
      await archived(one);
      const mirror = await tempDir('mirror');
      await writeFile(
        archive.configPath,
        `cluster: test\nbackup:\n  repositories:\n    - name: main\n      directory: ${archive.directory}\n    - name: mirror\n      directory: ${mirror}\n`,
      );
      expect(await fetch(three)).toMatchObject({ code: 2, said: expect.stringContaining('REPOSITORY_NOT_INITIALISED') });
      expect(await fetch(one)).toMatchObject({ code: done });
      await writeFile(join(dataDir, 'pg_wal', two), makeSegment(two));
      expect(await push(two)).toMatchObject({ code: 2, said: expect.stringContaining('1 of 2 repositories do not have the file') });
    });
  });

  describe('damage in the store', () => {
    it('is never served: a flipped byte', async () => {
      await archived(one);
      const object = await readFile(stored(one));
      object.writeUInt8(object.readUInt8(object.length >> 1) ^ 1, object.length >> 1);
      await writeFile(stored(one), object);
      expect(await fetch(one)).toMatchObject({ code: 8, said: expect.stringContaining('OBJECT_CORRUPT') });
      await expect(fetched()).rejects.toThrow('ENOENT');
    });

    it.each([0, 1, 5000])('is never served: an object cut to %i bytes', async (bytes) => {
      await archived(one);
      await truncate(stored(one), bytes);
      const { code, said } = await fetch(one);
      expect(code).toBe(8);
      expect(said).toMatch(/OBJECT_(CORRUPT|TRUNCATED)/);
      await expect(fetched()).rejects.toThrow('ENOENT');
    });

    it('is never served: another segment in its place', async () => {
      await archived(one, two);
      for (const suffix of ['', '.meta.json']) await writeFile(stored(one) + suffix, await readFile(stored(two) + suffix));
      const { code, said } = await fetch(one);
      expect(code).toBe(8);
      expect(said).toMatch(/WAL_FILE_INVALID|OBJECT_/);
      await expect(fetched()).rejects.toThrow('ENOENT');
    });
  });

  it('says why the file cannot be put in place', async () => {
    await archived(one);
    await rm(join(dataDir, 'pg_wal'), { recursive: true });
    await symlink('/dev/full', join(dataDir, 'pg_wal'));
    expect(await fetch(one)).toMatchObject({ code: 1, said: expect.stringContaining('WAL_TARGET_UNWRITABLE') });
  });

  it('puts nothing in place when nobody waits any more', async () => {
    await archived(one);
    let said = '';
    const code = await runWalProgram({
      argv: ['fetch', '--config', archive.configPath, one, 'pg_wal/RECOVERYXLOG'],
      env: { PATH: process.env.PATH },
      cwd: dataDir,
      isWanted: () => false,
      signal: new AbortController().signal,
      writeError: (line) => {
        said += line;
      },
    });
    expect({ code, said }).toMatchObject({ code: 1, said: expect.stringContaining('WAL_ABANDONED') });
    expect(await readdir(join(dataDir, 'pg_wal'))).toEqual([one]);
  });
});

describe('the command line', () => {
  it.each([
    [['push', '--config', 'relative.yaml', `pg_wal/${one}`]],
    [['push', `pg_wal/${one}`]],
    [['push', '--config', '/c.yaml']],
    [['push', '--config', '/c.yaml', 'pg_wal/notes.txt']],
    [['fetch', '--config', '/c.yaml', one]],
    [['fetch', '--config', '/c.yaml', '--mode', 'fast', one, 'x']],
    [['fetch', '--config', '/c.yaml', '--system', '12x', one, 'x']],
    [['fetch', '--config', '/nowhere/c.yaml', one, 'x']],
    [['pull', '--config', '/c.yaml', one, 'x']],
    [[]],
  ])('%j is an error and no answer', async (argv) => {
    let said = '';
    const code = await runWalProgram({
      argv,
      env: {},
      cwd: await makeDataDir(),
      isWanted: () => true,
      signal: new AbortController().signal,
      writeError: (line) => {
        said += line;
      },
    });
    expect(code).toBe(2);
    expect(said).toMatch(/^copilot-db-wal: [A-Z_]+: .*explain [A-Z_]+$/);
  });
});
