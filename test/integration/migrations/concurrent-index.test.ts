import { beforeAll, describe, expect, it } from 'vitest';
import type { OpsError } from '#kernel/errors';
import { type Scratch, scratch } from '#support/migrations/scratch';
import { type Cluster, startCluster } from '#support/postgres';

describe.each([15, 18] as const)('concurrent indexes on PostgreSQL %i', (major) => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await startCluster({ major, kind: 'initdb' });
  });

  const validity = (database: Scratch): Promise<unknown[]> =>
    database.sql(`select indexrelid::regclass::text as name, indisvalid as valid from pg_index where indrelid = 't'::regclass order by 1`);

  const files = (index: string): Record<string, string> => ({
    'V001_table.sql': 'create table t (n int, m int); insert into t values (1, 1), (1, 2);',
    'R001_table.sql': 'drop table t;',
    'V002_index.sql': index,
    'R002_index.sql': 'drop index concurrently t_n;',
  });

  it.each([
    'create unique index concurrently t_n on t (n);',
    'CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS "t_n" ON ONLY public . "t" (n)',
  ])('says what a failed build left, and repairs it on the next run: %s', async (statement) => {
    const database = await scratch(cluster, files(statement));
    const error = await database.up().catch((thrown: OpsError) => thrown);
    expect(error).toMatchObject({ code: 'MIGRATION_INDEX_INVALID', details: { sqlState: '23505', line: 1 } });
    expect(await validity(database)).toEqual([{ name: 't_n', valid: false }]);
    expect(await database.states()).toEqual(['1 applied', '2 incomplete']);

    await database.sql('delete from t where m = 2');
    await database.up();
    expect(await validity(database)).toEqual([{ name: 't_n', valid: true }]);
    expect(await database.states()).toEqual(['1 applied', '2 applied']);
    await database.down();
    expect(await validity(database)).toEqual([]);
  });

  it('finishes what was done but not recorded, up and down', async () => {
    const database = await scratch(cluster, files('create index concurrently t_n on t (n);'));
    await database.up();
    await database.sql('update schema_migrations set success = false where version = 2');
    await database.up();
    expect(await database.states()).toEqual(['1 applied', '2 applied']);

    await database.sql('update schema_migrations set success = false where version = 2; drop index t_n');
    await database.down();
    expect(await database.states()).toEqual(['1 applied', '2 pending']);
  });

  it('is not content with another index of that name', async () => {
    const database = await scratch(cluster, files('create index concurrently if not exists t_n on t (n);'));
    await database.up({ to: 1 });
    await database.sql('create table u (n int); create index t_n on u (n)');
    const error = await database.up().catch((thrown: OpsError) => thrown);
    expect(error).toMatchObject({ code: 'MIGRATION_INDEX_INVALID' });
    expect((error as OpsError).detail).toContain('on another table');
    expect(await database.sql(`select count(*)::int as n from pg_index where indexrelid = 't_n'::regclass and indisvalid`)).toEqual([
      { n: 1 },
    ]);
  });

  it('is not stalled by its own sessions', async () => {
    const database = await scratch(cluster, files('create index concurrently t_n on t (n);'));
    const locker = await cluster.client({ database: database.database });
    await locker.query('select pg_advisory_lock(1)');
    await database.up();
    expect(await validity(database)).toEqual([{ name: 't_n', valid: true }]);
  });

  it('runs other statements that need to be alone', async () => {
    const database = await scratch(cluster, {
      'V001_t.sql': 'create table t (n int)',
      'V002_vacuum.sql': '-- after a big change\nVACUUM (ANALYZE) t;',
    });
    await database.up();
    expect(await database.sql(`select success from schema_migrations where version = 2`)).toEqual([{ success: true }]);
  });
});
