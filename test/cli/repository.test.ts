import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { runCommandLine } from '#support/cli';
import { freePort } from '#support/free-port';
import { tempDir } from '#support/temp-dir';

let home: string;
let config: string;
let place: string;
beforeEach(async () => {
  home = await tempDir('cli');
  place = join(home, 'objects');
  config = join(home, 'copilot-db.yaml');
  await configure(`cluster: shop\nbackup:\n  repositories:\n    - name: near\n      directory: ${place}\n`);
});

const configure = (text: string) => writeFile(config, text, { mode: 0o600 });
const cli = (...argv: string[]) => runCommandLine(['--config', config, ...argv], { stateDirectory: home });
const json = async (...argv: string[]) => {
  const outcome = await cli(...argv, '--json');
  return { ...outcome, envelope: JSON.parse(outcome.stdout) };
};

describe('repository init', () => {
  test('makes a repository, says so, and the second time that it was there', async () => {
    const first = await cli('repository', 'init');
    expect(first).toMatchObject({ code: 0, stdout: expect.stringContaining(`The repository of shop is in ${place}/shop`) });
    expect(JSON.parse(await readFile(join(place, 'shop/repository.json'), 'utf8'))).toMatchObject({ format: 1, cluster: 'shop' });
    const second = await json('repository', 'init');
    expect(second.envelope).toMatchObject({
      ok: true,
      schema: 'copilot-db/repository.init/1',
      data: { outcome: 'exists', name: 'near', systems: [] },
    });
  });

  test('a dry run writes nothing', async () => {
    const outcome = await cli('repository', 'init', '--dry-run');
    expect(outcome.code).toBe(0);
    expect(await readdir(home)).not.toContain('objects');
  });

  test('admits a system that is named, and a second one', async () => {
    await cli('repository', 'init', '--system', '7300000000000000001');
    const { envelope } = await json('repository', 'init', '--system', '7300000000000000002');
    expect(envelope.data).toMatchObject({
      outcome: 'exists',
      systems: ['7300000000000000001', '7300000000000000002'],
      admitted: '7300000000000000002',
    });
    expect((await json('repository', 'init', '--system', '7300000000000000002')).envelope.data.admitted).toBeNull();
  });

  test('refuses what is no system identifier, and a repository that is not in the configuration', async () => {
    expect((await json('repository', 'init', '--system', 'db1')).envelope.error).toMatchObject({ code: 'USAGE_INVALID' });
    expect((await cli('repository', 'init', '--repository', 'far')).code).toBe(2);
    expect(await readdir(home)).not.toContain('objects');
  });

  test('refuses a place that belongs to another cluster', async () => {
    await cli('repository', 'init');
    const path = join(place, 'shop/repository.json');
    const identity = JSON.parse(await readFile(path, 'utf8'));
    await rm(`${path}.meta.json`);
    await writeFile(path, JSON.stringify({ ...identity, cluster: 'other' }));
    const { code, envelope } = await json('repository', 'init');
    expect(code).toBe(5);
    expect(envelope.error.code).toBe('REPOSITORY_FOREIGN');
  });

  test('an unreachable endpoint is unavailable, and says what to try', async () => {
    const port = await freePort();
    await configure(
      `cluster: shop\nbackup:\n  repositories:\n    - s3: { bucket: some-bucket, endpoint: "http://127.0.0.1:${port}", path_style: true, access_key_id: a, secret_access_key: hunter2hunter2 }\n`,
    );
    const { code, stdout, stderr, envelope } = await json('repository', 'init');
    expect(code).toBe(7);
    expect(envelope.error).toMatchObject({ code: 'OBJECT_STORE_UNAVAILABLE', retryable: true });
    expect(stdout + stderr).not.toContain('hunter2');
  });

  test('without a PostgreSQL that answers it is made all the same', async () => {
    const port = await freePort();
    await configure(`${await readFile(config, 'utf8')}postgres:\n  primary: { host: 127.0.0.1, port: ${port} }\n`);
    expect((await json('repository', 'init')).envelope.data).toMatchObject({ outcome: 'created', systems: [], admitted: null });
  });
});

describe('repository show', () => {
  test('refuses a place without a repository and names the command that makes it', async () => {
    const { code, envelope } = await json('repository', 'show');
    // The directory itself is missing, which may be a file system that is not mounted.
    expect(code).toBe(2);
    expect(envelope.error.code).toBe('OBJECT_BUCKET_MISSING');
    await cli('repository', 'init');
    await rm(join(place, 'shop'), { recursive: true });
    const empty = await json('repository', 'show');
    expect(empty.code).toBe(2);
    expect(empty.envelope.error).toMatchObject({
      code: 'REPOSITORY_NOT_INITIALISED',
      nextSteps: expect.arrayContaining([expect.stringContaining('copilot-db repository init')]),
    });
  });

  test('shows an empty one, and a damaged manifest as a finding', async () => {
    await cli('repository', 'init', '--system', '7300000000000000001');
    const shown = await cli('repository', 'show');
    expect(shown).toMatchObject({ code: 0, stdout: expect.stringContaining('7300000000000000001, epoch 1') });
    await mkdir(join(place, 'shop/base/20261123T020000Z'), { recursive: true });
    await writeFile(join(place, 'shop/base/20261123T020000Z/manifest.json'), '{"format":1}');
    const damaged = await json('repository', 'show');
    expect(damaged.code).toBe(3);
    expect(damaged.envelope.data.unreadable).toMatchObject([{ label: '20261123T020000Z', code: 'BACKUP_MANIFEST_INVALID' }]);
  });
});
