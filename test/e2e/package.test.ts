import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { runOk } from '#support/run';
import { tempDir } from '#support/temp-dir';

const project = join(import.meta.dirname, '../..');
let unpacked: string;

/** The packed program without any node_modules beside it: the bundle has to hold all that it needs. */
beforeAll(async () => {
  const place = await tempDir('package');
  await runOk('npm', ['pack', '--silent', '--pack-destination', place], { cwd: project });
  const [tarball] = readdirSync(place);
  await runOk('tar', ['-xzf', join(place, tarball as string), '-C', place]);
  unpacked = join(place, 'package');
});

test('says its version, explains an error and reads a configuration without anything installed', async () => {
  const { version } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'));
  const copilot = (...words: string[]) => runOk(process.execPath, [join(unpacked, 'bin/copilot-db.mjs'), ...words]);
  expect(await copilot('--version')).toBe(`${version}\n`);
  expect(await copilot('explain', 'WAL_CONFLICT')).toContain('WAL_CONFLICT');
  expect(await copilot('config', 'schema')).toContain('disaster_recovery');
  expect(await copilot('migrate', 'status', '--help')).toContain('Exit codes:');
});

test('holds what its users need and nothing of the workshop', () => {
  expect(readdirSync(unpacked).sort()).toEqual([
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'bin',
    'dist',
    'docs',
    'migrations',
    'package.json',
  ]);
  expect(readdirSync(join(unpacked, 'docs')).sort()).toEqual(['repository-format.md', 'restore-by-hand.sh']);
});
