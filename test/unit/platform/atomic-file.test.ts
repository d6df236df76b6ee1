import { spawn } from 'node:child_process';
import * as files from 'node:fs/promises';
import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from 'esbuild';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createFileExclusive, readFileIfThere, writeFileAtomic } from '#platform/atomic-file';
import { tempDir } from '#support/temp-dir';

vi.mock('node:fs/promises', { spy: true });
afterEach(() => vi.restoreAllMocks());

describe('writeFileAtomic', () => {
  test('replaces content and mode, and leaves nothing beside it', async () => {
    const path = join(await tempDir(), 'file');
    await writeFileAtomic(path, 'one', { mode: 0o600 });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await writeFileAtomic(path, 'two', { mode: 0o640 });
    expect(await readFile(path, 'utf8')).toBe('two');
    expect((await stat(path)).mode & 0o777).toBe(0o640);
    expect(await readdir(join(path, '..'))).toEqual(['file']);
  });

  test('a rename that fails leaves the old content and nothing else', async () => {
    const directory = await tempDir();
    await mkdir(join(directory, 'taken'));
    await expect(writeFileAtomic(join(directory, 'taken'), 'x')).rejects.toMatchObject({ code: 'EISDIR' });
    expect(await readdir(directory)).toEqual(['taken']);
  });

  test('killed at any moment, the file has whole content, old or new', async () => {
    const directory = await tempDir();
    const path = join(directory, 'file');
    const source = join(directory, 'writer.ts');
    const outfile = join(directory, 'writer.mjs');
    await writeFile(
      source,
      `import { writeFileAtomic } from '${join(process.cwd(), 'src/platform/atomic-file.ts')}';
       for (let i = 0; ; i += 1) await writeFileAtomic('${path}', String(i % 10).repeat(200_000));`,
    );
    await build({
      entryPoints: [source],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      logLevel: 'silent',
      packages: 'external',
    });
    for (let round = 0; round < 5; round += 1) {
      const writer = spawn(process.execPath, [outfile], { stdio: 'ignore' });
      const ended = new Promise((resolve) => writer.once('exit', resolve));
      while ((await readFileIfThere(path)) === undefined) await sleep(10);
      await sleep(60 + round * 13);
      writer.kill('SIGKILL');
      await ended;
      const text = await readFile(path, 'utf8');
      expect(text.length).toBe(200_000);
      expect(text).toBe((text[0] as string).repeat(200_000));
    }
  });
});

describe('createFileExclusive', () => {
  test('of many at once exactly one wins, and its content stands', async () => {
    const path = join(await tempDir(), 'file');
    const outcomes = await Promise.all(Array.from({ length: 20 }, (_, i) => createFileExclusive(path, `content ${i}`)));
    expect(outcomes.filter((outcome) => outcome === 'created')).toHaveLength(1);
    expect(await readFile(path, 'utf8')).toBe(`content ${outcomes.indexOf('created')}`);
    expect(await readdir(join(path, '..'))).toEqual(['file']);
  });

  test.each(['EPERM', 'ENOTSUP', 'ENOSYS'])('a file system that answers link(2) with %s is reported, and nothing is left', async (code) => {
    const directory = await tempDir();
    vi.spyOn(files, 'link').mockRejectedValueOnce(Object.assign(new Error(code), { code }));
    await expect(createFileExclusive(join(directory, 'file'), 'x')).rejects.toMatchObject({
      code: 'FILE_LINKS_UNSUPPORTED',
      details: { directory },
    });
    expect(await readdir(directory)).toEqual([]);
  });
});

test('a file that is not there reads as undefined, another problem is thrown', async () => {
  const directory = await tempDir();
  expect(await readFileIfThere(join(directory, 'none'))).toBeUndefined();
  await expect(readFileIfThere(directory)).rejects.toMatchObject({ code: 'EISDIR' });
});
