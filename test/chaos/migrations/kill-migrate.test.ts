import { beforeAll, describe, expect, it } from 'vitest';
import { kill9, startKillableRun } from '#support/migrations/killable-run';
import { type Scratch, scratch } from '#support/migrations/scratch';
import { type Cluster, startCluster } from '#support/postgres';

describe.each([15, 18] as const)('kill -9 of a migration on PostgreSQL %i', (major) => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await startCluster({ major, kind: 'initdb' });
  });

  const waitForStatement = (database: Scratch, pattern: string) =>
    expect
      .poll(
        () =>
          database.sql(
            `select 1 as there from pg_stat_activity where datname = current_database() and query like '${pattern}' and state = 'active' and pid <> pg_backend_pid()`,
          ),
        { timeout: 20_000 },
      )
      .toEqual([{ there: 1 }]);

  it('leaves nothing of a transactional one, and the same command again does all of it', async () => {
    const database = await scratch(cluster, {
      'V001_first.sql': 'create table first (n int);',
      'V002_second.sql': 'create table half (n int); select pg_sleep(seconds) from nap; create table whole (n int);',
    });
    await database.sql('create table nap (seconds int); insert into nap values (60)');
    const child = await startKillableRun(cluster, database);
    await waitForStatement(database, 'select pg_sleep(seconds)%');
    await kill9(child);

    // The rows of nap are read before the sleep, so this does not wake the orphan: the next run has to get past it.
    await database.sql('update nap set seconds = 0');
    expect(await database.sql(`select to_regclass('first') is not null as first, to_regclass('half') is null as none`)).toEqual([
      { first: true, none: true },
    ]);
    expect(await database.states()).toEqual(['1 applied', '2 pending']);
    expect(await database.sql(`select event from schema_migration_events where version = 2`)).toEqual([{ event: 'started' }]);

    await database.up();
    expect(await database.sql(`select to_regclass('half') is not null and to_regclass('whole') is not null as all`)).toEqual([
      { all: true },
    ]);
    expect(await database.states()).toEqual(['1 applied', '2 applied']);
  });

  it('leaves a concurrent index that the same command again repairs', async () => {
    const database = await scratch(cluster, {
      'V001_table.sql': 'create table t (n int); insert into t select generate_series(1, 1000);',
      'V002_index.sql': 'create index concurrently t_n on t (n);',
    });
    await database.up({ to: 1 });
    const snapshot = await cluster.client({ database: database.database });
    await snapshot.query('begin isolation level repeatable read; select count(*) from t');
    const child = await startKillableRun(cluster, database);
    await waitForStatement(database, 'create index concurrently%');
    await expect
      .poll(() => database.sql(`select indisvalid from pg_index where indrelid = 't'::regclass`))
      .toEqual([{ indisvalid: false }]);
    await kill9(child);
    expect(await database.states()).toEqual(['1 applied', '2 incomplete']);

    await snapshot.query('commit');
    await database.up();
    expect(
      await database.sql(`select indexrelid::regclass::text as name, indisvalid from pg_index where indrelid = 't'::regclass`),
    ).toEqual([{ name: 't_n', indisvalid: true }]);
    expect(await database.states()).toEqual(['1 applied', '2 applied']);
  });
});
