import { beforeAll, describe, expect, it } from 'vitest';
import { isOpsError, type OpsError } from '#kernel/errors';
import { scratch } from '#support/migrations/scratch';
import { type Cluster, startCluster } from '#support/postgres';

async function failureOf(promise: Promise<unknown>): Promise<OpsError> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!isOpsError(error)) throw new Error(`expected a catalogued error, got ${String(error)}`, { cause: error });
  return error;
}

describe.each([15, 18] as const)('running migrations on PostgreSQL %i', (major) => {
  let cluster: Cluster;

  beforeAll(async () => {
    cluster = await startCluster({ major, kind: 'initdb' });
  });

  it('shows file, line, column and a caret for a syntax error, and leaves nothing of that migration', async () => {
    const database = await scratch(cluster, {
      'V001_good.sql': 'create table good (n int);',
      'V002_bad.sql': "-- größer\r\ncreate table half (n int);\r\n\r\n/* é */ insert into half select 'ü',\r\n\tn frm good;\r\n",
    });
    const error = await failureOf(database.up());
    expect(error.code).toBe('MIGRATION_FAILED');
    expect(error.message).toContain(`${database.directory}/V002_bad.sql:5:8: syntax error at or near "good" (SQLSTATE 42601)`);
    expect(error.detail).toBe(
      [
        `${database.directory}/V002_bad.sql:5:8`,
        '  3 |',
        "  4 | /* é */ insert into half select 'ü',",
        '> 5 | \tn frm good;',
        '    | \t      ^',
        '  6 |',
        '1 migration before it stays done.',
      ].join('\n'),
    );
    expect(error.details).toMatchObject({ version: 2, line: 5, column: 8, sqlState: '42601', doneBefore: 1 });

    expect(await database.sql(`select to_regclass('good')::text as good, to_regclass('half')::text as half`)).toEqual([
      { good: 'good', half: null },
    ]);
    expect(await database.states()).toEqual(['1 applied', '2 pending']);
    const events = await database.sql(`select version::int, event, sqlstate, line from schema_migration_events order by id`);
    expect(events).toEqual([
      { version: 1, event: 'started', sqlstate: null, line: null },
      { version: 1, event: 'done', sqlstate: null, line: null },
      { version: 2, event: 'started', sqlstate: null, line: null },
      { version: 2, event: 'failed', sqlstate: '42601', line: 5 },
    ]);

    await database.write({ 'V002_bad.sql': 'create table half (n int);' });
    await database.up();
    expect(await database.states()).toEqual(['1 applied', '2 applied']);
  });

  it('shows the statement where the server knows no position, and COMMIT for what is checked there', async () => {
    const database = await scratch(cluster, {
      'V001_base.sql': 'create table a (n int primary key, b int references a deferrable initially deferred);',
      'V002_twice.sql': 'insert into a values (1);\ninsert into a values (2), (1);',
    });
    const twice = await failureOf(database.up());
    expect(twice.details).toMatchObject({ line: 2, column: 1, sqlState: '23505' });
    expect(twice.detail).toContain('Key (n)=(1) already exists.');

    await database.write({ 'V002_twice.sql': 'insert into a values (1, 99);' });
    const deferred = await failureOf(database.up());
    expect(deferred.message).toContain('V002_twice.sql, at COMMIT: insert or update on table "a" violates foreign key');
    expect(await database.sql('select * from a')).toEqual([]);
  });

  it('keeps the rollback in the database, so that it works without the files', async () => {
    const database = await scratch(cluster, {
      'V001_a.sql': 'create table a (n int);',
      'R001_a.sql': 'drop table a;',
      'V002_b.sql': 'create table b (n int);',
    });
    await database.up();
    const error = await failureOf(database.down());
    expect(error.code).toBe('MIGRATION_ROLLBACK_MISSING');
    await database.write({ 'R002_b.sql': 'drop table b;' });
    await database.down();

    const { rm } = await import('node:fs/promises');
    await rm(`${database.directory}/V001_a.sql`);
    await rm(`${database.directory}/R001_a.sql`);
    expect(await database.states()).toEqual(['1 missing', '2 pending']);
    expect((await failureOf(database.up())).code).toBe('MIGRATION_FILE_MISSING');
    await database.down();
    expect(await database.sql(`select to_regclass('a') is null as gone`)).toEqual([{ gone: true }]);
    expect(await database.sql('select * from schema_rollbacks')).toEqual([]);
  });

  it('refuses an edited file, but not other line ends; and two different rollbacks', async () => {
    const database = await scratch(cluster, { 'V001_a.sql': 'create table a (n int);\n', 'R001_a.sql': 'drop table a;' });
    await database.up();
    await database.write({ 'V001_a.sql': '\uFEFFcreate table a (n int);  \r\n\r\n' });
    expect(await database.states()).toEqual(['1 applied']);
    await database.write({ 'V001_a.sql': 'create table a (n bigint);\n' });
    expect(await database.states()).toEqual(['1 changed']);
    expect((await failureOf(database.up())).code).toBe('MIGRATION_CHANGED');
    await database.write({ 'R001_a.sql': 'drop table if exists a;' });
    expect((await failureOf(database.down())).code).toBe('MIGRATION_ROLLBACK_CHANGED');
  });

  it('reads nothing into being: looking at a database leaves it as it was', async () => {
    const database = await scratch(cluster, { 'V001_a.sql': 'create table a (n int);' });
    expect(await database.states()).toEqual(['1 pending']);
    expect(await database.sql(`select count(*)::int as tables from pg_class where relnamespace = 'public'::regnamespace`)).toEqual([
      { tables: 0 },
    ]);
  });

  it("refuses another tool's schema_migrations", async () => {
    const database = await scratch(cluster, { 'V001_a.sql': 'create table a (n int);' });
    await database.sql(`create table schema_migrations (version bigint primary key, dirty boolean not null)`);
    const error = await failureOf(database.up());
    expect(error.code).toBe('MIGRATION_HISTORY_FOREIGN');
    expect(error.detail).toContain('dirty');
  });

  it('means the same whatever a role, a database or the migration before has set', async () => {
    const database = await scratch(cluster, {
      'V001_leaks.sql': `create schema elsewhere; create role r_${major}_leak; set search_path = elsewhere; set timezone = 'Asia/Tokyo'; set role r_${major}_leak;`,
      'V002_reads.sql': `create table here (at timestamptz default '2026-01-01 00:00', who text default current_user, slash text default 'a\\');
        insert into here default values;`,
    });
    await database.sql(`alter database ${database.database} set timezone = 'America/Los_Angeles';
      alter database ${database.database} set standard_conforming_strings = off;
      alter database ${database.database} set default_transaction_read_only = on;
      alter database ${database.database} set synchronous_commit = off`);
    await database.up();
    expect(await database.sql(`select at = '2026-01-01 00:00+00' as utc, who, slash = 'a' || chr(92) as slash from public.here`)).toEqual([
      { utc: true, who: 'postgres', slash: true },
    ]);
  });

  it('gives up on a lock soon, rolls back, and says so', async () => {
    const database = await scratch(cluster, {
      'V001_a.sql': 'create table a (n int);',
      'V002_b.sql': 'create table b (n int);\nalter table a add column m int;',
    });
    await database.up({ to: 1 });
    const reader = await cluster.client({ database: database.database });
    await reader.query('begin; select * from a');
    const error = await failureOf(database.up({}, { limits: { lockTimeoutMs: 300 } }));
    expect(error).toMatchObject({ code: 'MIGRATION_BLOCKED', exit: 'unavailable', retryable: true });
    expect(error.details).toMatchObject({ line: 2, sqlState: '55P03' });
    await reader.query('commit');
    await database.up();
    expect(await database.states()).toEqual(['1 applied', '2 applied']);
  });

  it('applies each version once, also when two run without the lock', async () => {
    const database = await scratch(cluster, {
      'V001_a.sql': 'select pg_sleep(0.3); create table a (n int); insert into a values (1);',
      'V002_b.sql': 'insert into a values (2);',
    });
    const outcomes = await Promise.allSettled([database.up({}, { runId: 'one' }), database.up({}, { runId: 'two' })]);
    const lost = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(lost.map(({ reason }) => (reason as OpsError).code)).toEqual(['MIGRATION_HISTORY_MOVED']);
    expect(await database.sql('select n from a order by n')).toEqual([{ n: 1 }, { n: 2 }]);
    expect(await database.states()).toEqual(['1 applied', '2 applied']);
  });

  it('cancels the statement on the server when the run is aborted', async () => {
    const database = await scratch(cluster, { 'V001_long.sql': 'create table a (n int); select pg_sleep(60);' });
    const abort = new AbortController();
    const running = database.up({}, { signal: abort.signal });
    running.catch(() => {});
    const sleeping = `select count(*)::int as n from pg_stat_activity where datname = '${database.database}' and query like '%pg_sleep(60)%' and state = 'active' and pid <> pg_backend_pid()`;
    const count = async (): Promise<number | undefined> => (await database.sql<{ n: number }>(sleeping))[0]?.n;
    await expect.poll(count).toBe(1);
    abort.abort(new Error('stop'));
    await expect(running).rejects.toThrow('stop');
    await expect.poll(count, { timeout: 5000 }).toBe(0);
    expect(await database.states()).toEqual(['1 pending']);
    expect(await database.sql(`select to_regclass('a') is null as nothing`)).toEqual([{ nothing: true }]);
  });
});
