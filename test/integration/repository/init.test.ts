import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runCommandLine } from '#support/cli';
import { startCluster } from '#support/postgres';
import { tempDir } from '#support/temp-dir';

test('init admits the server that it can reach, and a stranger only when it is named', async () => {
  const home = await tempDir('init');
  const config = join(home, 'copilot-db.yaml');
  const first = await startCluster({ major: 15, kind: 'initdb' });
  const configure = (cluster: typeof first) =>
    writeFile(
      config,
      `cluster: shop\npostgres:\n  primary: { host: ${cluster.host}, port: ${cluster.port}, database: postgres, username: postgres, ssl_mode: disable }\nbackup:\n  repositories: [{ directory: ${home}/r }]\n`,
    );
  const init = async (...argv: string[]) => {
    const { stdout } = await runCommandLine(['--config', config, 'repository', 'init', '--json', ...argv], { stateDirectory: home });
    return JSON.parse(stdout);
  };
  const systemOf = async (cluster: typeof first) =>
    (await cluster.psql<{ id: string }>('select system_identifier::text as id from pg_control_system()'))[0]?.id as string;

  await configure(first);
  const firstId = await systemOf(first);
  expect(await init()).toMatchObject({ ok: true, data: { outcome: 'created', admitted: firstId, systems: [firstId] } });
  expect(JSON.parse(await readFile(join(home, `r/shop/systems/${firstId}.json`), 'utf8'))).toMatchObject({
    systemId: firstId,
    postgresMajor: 15,
    host: first.host,
    dataDirectory: expect.stringContaining('/'),
    epoch: 1,
  });

  await first.stop();
  const second = await startCluster({ major: 15, kind: 'initdb' });
  await configure(second);
  const secondId = await systemOf(second);
  expect(await init()).toMatchObject({ ok: true, data: { outcome: 'exists', admitted: null, systems: [firstId] } });
  expect(await init('--system', secondId)).toMatchObject({ ok: true, data: { admitted: secondId, systems: [firstId, secondId] } });
  expect(JSON.parse(await readFile(join(home, `r/shop/systems/${secondId}.json`), 'utf8'))).toMatchObject({ epoch: 2, postgresMajor: 15 });
});
