import { rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { result as createdSchema } from '#commands/backup/create';
import { result as listedSchema } from '#commands/backup/list';
import { result as shownSchema } from '#commands/backup/show';
import { type ArchivedCluster, startArchivedCluster } from '#support/archived-cluster';
import { runCommandLine } from '#support/cli';
import { tempDir } from '#support/temp-dir';

describe('the backup commands', () => {
  let archived: ArchivedCluster;
  let run: (...argv: string[]) => ReturnType<typeof runCommandLine>;
  const json = async (...argv: string[]) => JSON.parse((await run(...argv, '--json')).stdout);

  beforeAll(async () => {
    archived = await startArchivedCluster({ major: 15, kind: 'initdb' });
    const stateDirectory = await tempDir('state');
    const { host, port } = archived.cluster;
    await writeFile(
      join(stateDirectory, 'copilot-db.yaml'),
      `cluster: test
postgres: { primary: { host: ${host}, port: ${port}, database: postgres } }
backup: { repositories: [{ name: main, directory: ${dirname(archived.folder)} }] }
`,
    );
    run = (...argv) => runCommandLine(argv, { stateDirectory });
  });

  it('plan without a trace, create, list and show', async () => {
    expect(await run('backup', 'list')).toMatchObject({ code: 0, stdout: '' });
    const dry = await run('backup', 'create', '--dry-run');
    expect(dry).toMatchObject({ code: 0, stdout: expect.stringContaining('Take a base backup of') });
    expect((await json('backup', 'list')).data).toMatchObject({ backups: [], unreadable: [] });

    const created = await json('backup', 'create', '--type', 'base', '--label', '20200102T030405Z');
    expect(created).toMatchObject({ ok: true, schema: 'copilot-db/backup.create/1' });
    expect(createdSchema.parse(created.data)).toMatchObject({ label: '20200102T030405Z', systemId: archived.systemId });

    const listed = await json('backup', 'list');
    expect(listedSchema.parse(listed.data).backups.map(({ label }) => label)).toEqual(['20200102T030405Z']);
    expect((await run('backup', 'list')).stdout).toMatch(/^20200102T030405Z\tbase\t/);

    const shown = await json('backup', 'show', '20200102T030405Z');
    expect(shownSchema.parse(shown.data).manifest.runId).toBe(created.data.runId);
    expect((await run('backup', 'show', '20200102T030405Z')).stdout).toContain(created.data.startSegment);
  });

  it('say what is wrong with what was typed', async () => {
    expect(await run('backup', 'create', '--label', '20200102T030405Z')).toMatchObject({
      code: 6,
      stderr: expect.stringContaining('BACKUP_LABEL_TAKEN'),
    });
    expect(await run('backup', 'create', '--label', 'nightly')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('20261123T020000Z'),
    });
    expect(await run('backup', 'create', '--max-rate', '1kB')).toMatchObject({ code: 2, stderr: expect.stringContaining('32KiB') });
    expect(await run('backup', 'show', '20300101T000000Z')).toMatchObject({ code: 2, stderr: expect.stringContaining('BACKUP_NOT_FOUND') });
    expect(await run('backup', 'show', '../../etc')).toMatchObject({ code: 2, stderr: expect.stringContaining('BACKUP_NOT_FOUND') });
  });

  it('report a manifest that was damaged in its place', async () => {
    await writeFile(join(archived.folder, 'base/20200102T030405Z/manifest.json'), '{"format": 1');
    const listed = await run('backup', 'list', '--json');
    expect(listed.code).toBe(3);
    expect(JSON.parse(listed.stdout).data.unreadable).toMatchObject([{ label: '20200102T030405Z', code: 'OBJECT_TRUNCATED' }]);
    expect(await run('backup', 'show', '20200102T030405Z')).toMatchObject({ code: 8 });
    await rm(join(archived.folder, 'base/20200102T030405Z/manifest.json'));
  });

  it('tell that the server cannot be reached', async () => {
    await archived.cluster.stop();
    expect(await run('backup', 'create')).toMatchObject({ code: 7, stderr: expect.stringContaining('POSTGRES_UNREACHABLE') });
    expect(await run('backup', 'list')).toMatchObject({ code: 0 });
  });
});
