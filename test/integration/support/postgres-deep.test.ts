import { expect, it } from 'vitest';
import { startCluster } from '#support/postgres';
import { deep } from '#support/tier';

it.skipIf(!deep).each([16, 17] as const)('installs PostgreSQL %i on demand (deep tier)', async (major) => {
  const cluster = await startCluster({ major, kind: 'initdb' });
  expect(await cluster.psql("SELECT current_setting('server_version_num')::int / 10000 AS major")).toEqual([{ major }]);
});
