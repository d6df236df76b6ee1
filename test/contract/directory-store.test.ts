import { execFileSync, spawnSync } from 'node:child_process';
import { chmod, chown, link, mkdir, readdir, readFile, rename, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { beforeEach, describe, expect, test } from 'vitest';
import { translateFileError } from '#stores/objects/directory/translate';
import type { ObjectStore } from '#stores/objects/object-store';
import { openObjectStore } from '#stores/objects/open';
import { tempDir } from '#support/temp-dir';

const signal = new AbortController().signal;
const later = { olderThan: new Date(Date.now() + 3_600_000), signal };
const isRoot = process.getuid?.() === 0;

let root: string;
let store: ObjectStore;
beforeEach(async () => {
  root = join(await tempDir('objects'), 'store');
  store = await openObjectStore({ kind: 'directory', directory: root });
});

const put = (key: string, body: string, runId = 'r') => store.putIfAbsent(key, Buffer.from(body), { runId, signal });
const text = async (key: string) => (await store.getBuffer(key, { signal })).body.toString();

describe('a writer that died', () => {
  /** As if `put` had been killed after its metadata was linked, before its object was. */
  async function dieBeforeTheObject(key: string, body: string): Promise<string> {
    await put(key, body, 'dead');
    const path = join(root, key);
    const { body: temporaryName } = JSON.parse(await readFile(`${path}.meta.json`, 'utf8'));
    await link(path, join(dirname(path), temporaryName));
    await rm(path);
    return join(dirname(path), temporaryName);
  }

  test('before the object had its name is finished by the next writer, with its own bytes and metadata', async () => {
    await dieBeforeTheObject('wal/a', 'first');
    await expect(store.getBuffer('wal/a', { signal })).rejects.toMatchObject({ code: 'OBJECT_NOT_FOUND' });
    expect(await put('wal/a', 'second', 'other')).toBe('exists');
    expect(await store.getBuffer('wal/a', { signal })).toMatchObject({ body: Buffer.from('first'), metadata: { 'run-id': 'dead' } });
  });

  test('and comes back is told that the object is its own', async () => {
    await dieBeforeTheObject('wal/a', 'first');
    expect(await put('wal/a', 'first', 'dead')).toBe('created');
  });

  test('leaves a file that cleaning completes and removes', async () => {
    const temporary = await dieBeforeTheObject('wal/a', 'first');
    await writeFile(join(root, 'wal', '.b.0123456789abcdef.part'), 'half an obj');
    expect(await store.abortLeftovers('wal/', { olderThan: new Date(0), signal })).toBe(0);
    expect(await store.abortLeftovers('other/', later)).toBe(0);
    expect(await store.abortLeftovers('wal/', later)).toBe(2);
    expect(await text('wal/a')).toBe('first');
    await expect(stat(temporary)).rejects.toThrow('ENOENT');
    expect(await readdir(join(root, 'wal'))).toEqual(['a', 'a.meta.json']);
  });

  test('and whose bytes somebody removed is an integrity error, not a silent loss', async () => {
    await rm(await dieBeforeTheObject('wal/a', 'first'));
    await expect(put('wal/a', 'second', 'other')).rejects.toMatchObject({ code: 'OBJECT_CORRUPT', exit: 'integrity' });
  });
});

test('nothing but objects and their metadata is left after work', async () => {
  await put('a/b', 'x');
  await put('a/b', 'y', 'other');
  await store.putStream('a/c', Readable.from([Buffer.from('x')]), { metadata: { k: 'v' }, signal });
  await store.putStream('a/d', Readable.from([Buffer.from('x')]), { signal });
  expect((await readdir(join(root, 'a'))).sort()).toEqual(['b', 'b.meta.json', 'c', 'c.meta.json', 'd']);
  await store.deleteBatch(['a/b', 'a/c', 'a/d'], { signal });
  expect(await readdir(root)).toEqual([]);
});

test('temporary files and metadata are no objects', async () => {
  await put('a/b', 'x');
  await writeFile(join(root, 'a', '.b.0123456789abcdef.part'), 'x');
  await mkdir(join(root, '.snapshots'), { recursive: true });
  await writeFile(join(root, '.snapshots', 'b'), 'x');
  const keys: string[] = [];
  for await (const { key } of store.list('', { signal })) keys.push(key);
  expect(keys).toEqual(['a/b']);
});

test('an object that somebody cut short is not given out', async () => {
  await put('a', 'twelve bytes');
  await truncate(join(root, 'a'), 5);
  await expect(store.getBuffer('a', { signal })).rejects.toMatchObject({ code: 'OBJECT_TRUNCATED', exit: 'integrity' });
  await expect(store.head('a', { signal })).rejects.toMatchObject({ code: 'OBJECT_TRUNCATED' });
});

test('metadata that is none is an integrity error', async () => {
  await put('a', 'x');
  for (const odd of ['', 'hello', '{}', '{"metadata":{"a":1},"sizeBytes":1,"body":".x"}', '{"metadata":{},"sizeBytes":1,"body":"../x"}']) {
    await writeFile(join(root, 'a.meta.json'), odd);
    await expect(store.getBuffer('a', { signal })).rejects.toMatchObject({ code: 'OBJECT_CORRUPT' });
  }
});

test('a directory that is not mounted is not an empty store', async () => {
  await expect(store.getBuffer('a', { signal })).rejects.toMatchObject({ code: 'OBJECT_BUCKET_MISSING' });
  const listing = async () => {
    for await (const _ of store.list('', { signal }));
  };
  await expect(listing()).rejects.toMatchObject({ code: 'OBJECT_BUCKET_MISSING' });
  expect(await store.abortLeftovers('', later)).toBe(0);
});

describe('permissions', () => {
  const modeOf = async (path: string) => ((await stat(path)).mode & 0o7777).toString(8);

  test('a new directory is its owner’s alone', async () => {
    await put('a/b', 'x');
    expect([await modeOf(root), await modeOf(join(root, 'a')), await modeOf(join(root, 'a/b'))]).toEqual(['700', '700', '600']);
  });

  test('a directory that a group may write makes everything below so', async () => {
    await mkdir(root);
    await chmod(root, 0o2770);
    await put('a/b/c', 'x');
    expect([await modeOf(join(root, 'a')), await modeOf(join(root, 'a/b/c')), await modeOf(join(root, 'a/b/c.meta.json'))]).toEqual([
      '2770',
      '660',
      '660',
    ]);
  });

  test.runIf(isRoot)('what root writes belongs to the owner of the directory', async () => {
    await mkdir(root, { mode: 0o700 });
    await chown(root, 65534, 65534);
    await put('a/b', 'x');
    for (const path of ['a', 'a/b', 'a/b.meta.json']) expect(await stat(join(root, path))).toMatchObject({ uid: 65534, gid: 65534 });
    const fresh = join(await tempDir('fresh'), 'store');
    const given = await openObjectStore({ kind: 'directory', directory: fresh, owner: { uid: 65534, gid: 65534 } });
    await given.putIfAbsent('a', Buffer.from('x'), { runId: 'r', signal });
    expect(await stat(fresh)).toMatchObject({ uid: 65534, gid: 65534 });
    expect(await stat(join(fresh, 'a'))).toMatchObject({ uid: 65534, gid: 65534 });
  });

  test.runIf(isRoot)('a full file system is said to be full, and keeps what was there', async (context) => {
    await mkdir(root);
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', root]);
    if (mounted.status !== 0) context.skip('no file system can be mounted here');
    try {
      await put('small', 'x');
      await expect(store.putStream('big', Readable.from([Buffer.alloc(1_000_000)]), { signal })).rejects.toMatchObject({
        code: 'OBJECT_STORE_FULL',
        exit: 'unavailable',
      });
      await expect(store.putIfAbsent('big', Buffer.alloc(1_000_000), { runId: 'r', signal })).rejects.toMatchObject({
        code: 'OBJECT_STORE_FULL',
      });
      expect((await readdir(root)).sort()).toEqual(['small', 'small.meta.json']);
    } finally {
      execFileSync('umount', [root]);
    }
  });
});

test.each([
  ['EACCES', 'OBJECT_ACCESS_DENIED'],
  ['EROFS', 'OBJECT_ACCESS_DENIED'],
  ['ENOSPC', 'OBJECT_STORE_FULL'],
  ['EDQUOT', 'OBJECT_STORE_FULL'],
  ['EIO', 'OBJECT_STORE_UNAVAILABLE'],
  ['ESTALE', 'OBJECT_STORE_UNAVAILABLE'],
  ['ENAMETOOLONG', 'OBJECT_STORE_UNSUITABLE'],
])('%s becomes %s', (code, expected) => {
  expect(translateFileError(Object.assign(new Error(`${code}: x`), { code }), 'Reading')).toMatchObject({ code: expected });
});

describe('symbolic links of the administrator', () => {
  test('a folder on another disk is listed as it is read, and one whose disk is away is no empty one', async () => {
    await put('wal/1/a', 'a');
    await put('wal/1/b', 'b');
    const disk = await tempDir('disk');
    await rename(join(root, 'wal'), join(disk, 'wal'));
    await symlink(join(disk, 'wal'), join(root, 'wal'));
    const keys = async () => {
      const found: string[] = [];
      for await (const { key } of store.list('wal/1/', { signal })) found.push(key);
      return found;
    };
    expect(await text('wal/1/a')).toBe('a');
    expect(await keys()).toEqual(['wal/1/a', 'wal/1/b']);
    await rm(join(disk, 'wal'), { recursive: true });
    await expect(keys()).rejects.toMatchObject({ code: 'OBJECT_STORE_UNAVAILABLE' });
  });

  test('the permissions are those of the directory, not of a link to it', async () => {
    const place = await tempDir('place');
    await chmod(place, 0o700);
    await symlink(place, root);
    await put('base/a', 'a');
    expect((await stat(join(place, 'base'))).mode & 0o7777).toBe(0o700);
    expect((await stat(join(place, 'base', 'a'))).mode & 0o7777).toBe(0o600);
  });
});
