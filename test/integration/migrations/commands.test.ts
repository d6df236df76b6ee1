import { cp, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { lockKey } from '#stores/postgres/advisory-lock';
import { type CliOutcome, runCommandLine } from '#support/cli';
import { projectMigrations } from '#support/migrations/scratch';
import { type Cluster, startCluster } from '#support/postgres';
import { tempDir } from '#support/temp-dir';

interface Place {
  database: string;
  /** Runs `copilot-db migrate …` with the directory of the place. */
  migrate(verb: string, ...args: string[]): Promise<CliOutcome>;
  // biome-ignore lint/suspicious/noExplicitAny: each test looks at the part it is about
  json(verb: string, ...args: string[]): Promise<{ code: number; data: any }>;
}

describe('migrate on the command line', () => {
  let cluster: Cluster;
  let databases = 0;

  beforeAll(async () => {
    cluster = await startCluster({ major: 15, kind: 'initdb' });
  });

  async function place(files?: Readonly<Record<string, string>>): Promise<Place> {
    databases += 1;
    const database = `cli${databases}`;
    await cluster.psql(`create database ${database}`);
    const home = await tempDir('cli');
    const config = join(home, 'copilot-db.yaml');
    await writeFile(
      config,
      `cluster: lab\npostgres:\n  primary: { host: ${cluster.host}, port: ${cluster.port}, database: ${database}, username: postgres, ssl_mode: disable }\n`,
    );
    const directory = files === undefined ? projectMigrations : await tempDir('migrations');
    for (const [name, text] of Object.entries(files ?? {})) await writeFile(join(directory, name), text);
    const migrate = (verb: string, ...args: string[]) =>
      runCommandLine(['migrate', verb, '--dir', directory, '--config', config, ...args], { stateDirectory: join(home, 'state') });
    return {
      database,
      migrate,
      async json(verb, ...args) {
        const { code, stdout } = await migrate(verb, ...args, '--json');
        return { code, ...(JSON.parse(stdout) as { data: unknown }) };
      },
    };
  }

  const sql = <Row>(at: Place, text: string): Promise<Row[]> => cluster.psql<Row>(text, { database: at.database });

  it('goes from nothing to the whole schema and back, and says at each point how things are', async () => {
    const at = await place();
    const total = (await readdir(projectMigrations)).filter((name) => name.startsWith('V')).length;
    expect(await at.json('status')).toMatchObject({ code: 3, data: { version: null, counts: { applied: 0, pending: total } } });
    expect(await sql(at, `select count(*)::int as n from pg_class where relnamespace = 'public'::regnamespace`)).toEqual([{ n: 0 }]);

    const dry = await at.migrate('up', '--dry-run');
    expect(dry.code).toBe(0);
    expect(dry.stdout + dry.stderr).toContain('V002_users_and_sessions');
    expect(await sql(at, `select to_regclass('users') is null as nothing`)).toEqual([{ nothing: true }]);

    expect(await at.json('up', '--to', 'V002')).toMatchObject({
      code: 0,
      data: { version: 2, migrations: [{ version: 1 }, { version: 2 }] },
    });
    expect(await at.json('up', '--steps', '1')).toMatchObject({ code: 0, data: { version: 3 } });
    expect(await at.json('up')).toMatchObject({ code: 0, data: { version: total } });
    expect(await at.json('up')).toMatchObject({ code: 0, data: { version: total, migrations: [] } });
    expect(await at.json('status')).toMatchObject({ code: 0, data: { version: total, counts: { applied: total, pending: 0 } } });

    const refused = await at.migrate('down', '--to', '0', '--yes');
    expect(refused.code).toBe(5);
    expect(refused.stderr).toContain('--confirm lab');
    expect((await at.migrate('down', '--to', '0', '--confirm', at.database)).code).toBe(5);
    expect(await sql(at, `select to_regclass('users') is null as nothing`)).toEqual([{ nothing: false }]);
    expect(await at.json('down', '--to', '0', '--confirm', 'lab')).toMatchObject({ code: 0, data: { version: null } });
    expect(await sql(at, `select to_regclass('users') is null as nothing`)).toEqual([{ nothing: true }]);
  });

  it('asks for less where less is at stake', async () => {
    const at = await place({
      'V001_t.sql': 'create table t (n int);',
      'V002_i.sql': 'create index t_n on t (n);',
      'R002_i.sql': 'drop index t_n;',
      'V003_c.sql': 'alter table t add column c int;',
      'V004_drop.sql': 'alter table t drop column c;',
    });
    expect((await at.migrate('up', '--to', '2')).code).toBe(0);
    expect((await at.migrate('down')).code).toBe(5);
    expect((await at.migrate('down', '--yes')).code).toBe(0);
    // A forward migration that drops data wants a --yes, so that a pipeline does not do it in passing.
    const up = await at.migrate('up');
    expect(up.code).toBe(5);
    expect(up.stderr).toContain('V004 may drop or rewrite data');
    expect((await at.migrate('up', '--yes')).code).toBe(0);
    expect((await at.migrate('down', '--confirm', 'lab')).stderr).toContain('MIGRATION_ROLLBACK_MISSING');
  });

  it('shows a failing statement with its place, exits 1, and the status remembers', async () => {
    const at = await place({ 'V001_t.sql': 'create table t (\n  id uud primary key\n);' });
    const failed = await at.migrate('up');
    expect(failed.code).toBe(1);
    expect(failed.stderr).toContain('V001_t.sql:2:6');
    expect(failed.stderr).toMatch(/> 2 \| {3}id uud primary key\s+\| {6}\^/);
    expect((await at.json('status')).data.migrations[0]).toMatchObject({
      state: 'pending',
      lastFailure: { event: 'failed', direction: 'up' },
    });
    expect((await at.migrate('status')).stdout).toContain('type "uud" does not exist');
  });

  it('refuses what contradicts itself before anything is touched', async () => {
    const at = await place({ 'V001_t.sql': 'create table t (n int);' });
    for (const args of [
      ['--to', '1', '--steps', '1'],
      ['--steps', '0'],
      ['--to', 'next'],
      ['--to', '9'],
    ])
      expect((await at.migrate('up', ...args)).code).toBe(2);
    expect((await at.migrate('up', '--dir', '/nowhere')).code).toBe(2);
    expect(await sql(at, `select to_regclass('schema_migrations') is null as nothing`)).toEqual([{ nothing: true }]);
  });

  it('chooses between two rollbacks only when told to', async () => {
    const directory = await tempDir('copy');
    await cp(projectMigrations, directory, { recursive: true });
    const at = await place();
    expect((await at.migrate('up')).code).toBe(0);
    await writeFile(join(directory, 'R008_views.sql'), 'drop view active_sessions, open_incidents_summary, workflow_execution_stats;');
    const moved = (...args: string[]) => at.migrate('down', '--dir', directory, '--yes', ...args);
    expect((await moved()).stderr).toContain('MIGRATION_ROLLBACK_CHANGED');
    expect((await moved('--rollback-from', 'file')).code).toBe(0);
    expect(await sql(at, `select count(*)::int as n from pg_views where schemaname = 'public' and viewname = 'active_sessions'`)).toEqual([
      { n: 0 },
    ]);
  });

  it('stops while another run holds the lock, and names it', async () => {
    const at = await place({ 'V001_t.sql': 'create table t (n int);' });
    const holder = await cluster.client({ database: at.database });
    await holder.query(`set application_name = 'copilot-db other-run'; select pg_advisory_lock(${lockKey('migrate')})`);
    const busy = await at.migrate('up');
    expect(busy.code).toBe(6);
    expect(busy.stderr).toContain('other-run');
    await holder.query('select pg_advisory_unlock_all()');
    expect((await at.migrate('up')).code).toBe(0);
  });

  it('lets one of two runs do the work, and the other one never does it again', async () => {
    const at = await place({
      'V001_t.sql': 'create table t (n int); select pg_sleep(0.5);',
      'V002_i.sql': 'create index concurrently t_n on t (n);',
      'V003_row.sql': 'insert into t values (1);',
    });
    const codes = (await Promise.all([at.migrate('up', '--lock-wait', '20s'), at.migrate('up', '--lock-wait', '20s')]))
      .map(({ code }) => code)
      .sort();
    // The one that waited finds the plan it showed no longer true.
    expect(codes).toEqual([0, 5]);
    expect(await sql(at, 'select n from t')).toEqual([{ n: 1 }]);
    expect(await sql(at, 'select indisvalid from pg_index where indexrelid = $$t_n$$::regclass')).toEqual([{ indisvalid: true }]);
    expect((await at.migrate('status')).code).toBe(0);
  });

  it('writes a new pair that waits to be filled in', async () => {
    const at = await place({ 'V004_t.sql': 'create table t (n int);' });
    const made = await at.json('new', 'Add avatar URL');
    expect(made).toMatchObject({ code: 0, data: { version: 5 } });
    expect(made.data.up).toMatch(/V005_add_avatar_url\.sql$/);
    const empty = await at.migrate('up');
    expect(empty.code).toBe(2);
    expect(empty.stderr).toContain('MIGRATION_EMPTY');
    expect((await at.migrate('new', '!!!')).code).toBe(2);
  });
});
