import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { heldControlFile, screenArchive } from '#features/recovery/restore/screen-archive';

const home = mkdtempSync(join(tmpdir(), 'screen-'));
afterAll(() => rmSync(home, { recursive: true, force: true }));

/** A tar of a directory that looks like a small cluster. */
function makeTar(name: string, change: (directory: string) => void = () => {}, args: readonly string[] = ['.']): Buffer {
  const directory = join(home, name);
  mkdirSync(join(directory, 'global'), { recursive: true });
  writeFileSync(join(directory, 'global/pg_control'), 'control'.repeat(1000));
  writeFileSync(join(directory, 'backup_label'), 'label');
  writeFileSync(join(directory, 'PG_VERSION'), '15\n');
  change(directory);
  return execFileSync('tar', ['--format=ustar', '-P', '-C', directory, '-cf', '-', ...args]);
}

async function* cut(tar: Buffer, sizeBytes: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < tar.length; at += sizeBytes) yield tar.subarray(at, at + sizeBytes);
}

async function screen(tar: Buffer, sizeBytes = 4096): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of screenArchive(cut(tar, sizeBytes), { archive: 'base.tar' })) parts.push(part);
  return Buffer.concat(parts);
}

describe('an archive on its way to tar', () => {
  it('keeps every byte but the name of pg_control, however it is cut', async () => {
    const tar = makeTar('good');
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 20_000 }), async (sizeBytes) => {
        expect((await screen(tar, sizeBytes)).length).toBe(tar.length);
      }),
      { numRuns: 20 },
    );
    const target = join(home, 'out');
    mkdirSync(target);
    execFileSync('tar', ['-x', '-p', '-o', '-f', '-', '-C', target], { input: await screen(tar, 777) });
    expect(readFileSync(join(target, heldControlFile), 'utf8')).toBe('control'.repeat(1000));
    expect(readFileSync(join(target, 'PG_VERSION'), 'utf8')).toBe('15\n');
    expect(() => readFileSync(join(target, 'global/pg_control'))).toThrow();
  });

  it.each([
    ['a symbolic link', (directory: string) => symlinkSync('/etc', join(directory, 'link')), undefined],
    ['a name that leads out', (directory: string) => writeFileSync(join(directory, '../escaped'), 'x'), ['.', '../escaped']],
    ['an absolute name', () => {}, ['.', '/etc/hostname']],
    ['no label', (directory: string) => rmSync(join(directory, 'backup_label')), undefined],
    ['no pg_control', (directory: string) => rmSync(join(directory, 'global/pg_control')), undefined],
  ])('is refused with %s', async (what, change, args) => {
    await expect(screen(makeTar(`bad ${what}`, change, args))).rejects.toMatchObject({ code: 'RESTORE_ARCHIVE_UNSAFE' });
  });

  it('is refused when it is no tar, or ends within a member', async () => {
    await expect(screen(Buffer.alloc(2048, 'x'))).rejects.toMatchObject({ code: 'RESTORE_ARCHIVE_UNSAFE' });
    await expect(screen(makeTar('short').subarray(0, 3000))).rejects.toMatchObject({ code: 'RESTORE_ARCHIVE_UNSAFE' });
  });
});
