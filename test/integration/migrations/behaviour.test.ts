import { beforeAll, describe, expect, it } from 'vitest';
import { type Scratch, scratch } from '#support/migrations/scratch';
import { startCluster } from '#support/postgres';

interface AuditRow {
  user_id: string | null;
  action: string;
  resource_type: string;
  resource_id: string | null;
  changes: { before?: Record<string, unknown>; after?: Record<string, unknown> };
  metadata: { changed?: string[] };
}

describe.each([15, 18] as const)('what the schema does on PostgreSQL %i', (major) => {
  let database: Scratch;

  beforeAll(async () => {
    const cluster = await startCluster({ major, kind: 'initdb' });
    database = await scratch(cluster);
    await database.up();
  });

  const auditOf = (table: string): Promise<AuditRow[]> =>
    database.sql<AuditRow>(
      `select user_id, action, resource_type, resource_id, changes, metadata from audit_logs where resource_type = '${table}' order by id`,
    );

  it('audits what happens to a user, without the secrets', async () => {
    const [user] = await database.sql<{ id: string }>(
      `insert into users (email, username, password_hash, mfa_secret) values ('eve@example.com', 'eve', 'argon2-of-eve', 'totp-of-eve') returning id`,
    );
    await database.sql(`update users set password_hash = 'argon2-new' where username = 'eve'`);
    await database.sql(`delete from users where username = 'eve'`);

    const rows = await auditOf('users');
    expect(rows.map(({ action }) => action)).toEqual(['create', 'update', 'delete']);
    expect(rows.every(({ resource_id }) => resource_id === user?.id)).toBe(true);
    expect(rows[0]?.changes.after).toMatchObject({
      username: 'eve',
      password_hash: '[secret]',
      mfa_secret: '[secret]',
      api_key_hash: null,
    });
    expect(rows[0]?.changes.before).toBeUndefined();
    expect(rows[1]?.changes.before).toMatchObject({ password_hash: '[secret]' });
    expect(rows[1]?.metadata.changed).toEqual(['password_hash', 'updated_at']);
    expect(rows[2]?.changes.after).toBeUndefined();
    expect(JSON.stringify(rows)).not.toMatch(/argon2|totp/);
  });

  it('audits tables with a user_id, and tables without one and without a UUID', async () => {
    const [user] = await database.sql<{ id: string }>(
      `insert into users (email, username, password_hash) values ('bob@example.com', 'bob', 'x') returning id`,
    );
    await database.sql(`
      create trigger audit_workflows after insert on workflows for each row execute function create_audit_log();
      create table counters (id integer primary key, api_key text, user_id integer);
      create trigger audit_counters after insert on counters for each row execute function create_audit_log()`);
    await database.sql(`
      insert into workflows (user_id, name, definition, environment_vars)
      values ('${user?.id}', 'w', '{"steps": [{"id": 1, "config": {"client_secret": "s1", "max_tokens": 5}}]}', '{"AWS": "s2"}')`);
    await database.sql(`insert into counters values (7, 's3', 9)`);

    const [workflow] = await auditOf('workflows');
    expect(workflow?.user_id).toBe(user?.id);
    expect(workflow?.changes.after).toMatchObject({
      environment_vars: '[secret]',
      definition: { steps: [{ id: 1, config: { client_secret: '[secret]', max_tokens: 5 } }] },
    });
    const [counter] = await auditOf('counters');
    expect(counter).toMatchObject({ user_id: null, resource_id: null, changes: { after: { id: 7, api_key: '[secret]' } } });
  });

  it('keeps an audit row when its user goes', async () => {
    await database.sql(
      `insert into audit_logs (user_id, action, resource_type) values ('00000000-0000-4000-8000-000000000001', 'login', 'session')`,
    );
    expect(await auditOf('session')).toMatchObject([{ user_id: '00000000-0000-4000-8000-000000000001' }]);
  });

  it('moves updated_at, and counts the messages of a conversation', async () => {
    const [talk] = await database.sql<{ id: string }>(`
      insert into conversations (user_id, updated_at) select id, '2020-01-01Z' from users where username = 'bob' returning id`);
    await database.sql(`
      insert into messages (conversation_id, role, content, sequence_number, tokens_used, created_at) values
        ('${talk?.id}', 'user', 'a', 1, 10, '2026-05-02Z'), ('${talk?.id}', 'assistant', 'b', 2, 5, '2026-05-01Z')`);
    const [row] = await database.sql(`
      select message_count, total_tokens, last_message_at = '2026-05-02Z' as latest, updated_at > now() - interval '1 minute' as fresh
        from conversations where id = '${talk?.id}'`);
    expect(row).toEqual({ message_count: 2, total_tokens: 15, latest: true, fresh: true });
  });

  it('answers its views', async () => {
    await database.sql(`
      insert into sessions (user_id, token_hash, ip_address, expires_at) select id, 't', '10.0.0.1', now() + interval '1 hour' from users where username = 'bob';
      insert into incidents (title, severity, source) values ('disk', 'high', 'alert'), ('disk', 'high', 'alert');
      insert into incidents (title, severity, source, status) values ('old', 'low', 'alert', 'closed');
      insert into workflow_executions (workflow_id, user_id, status, total_duration_ms)
        select w.id, w.user_id, s::execution_status, 100 from workflows w, unnest(array['success', 'success', 'failed']) s`);
    expect(await database.sql('select username, status from active_sessions')).toEqual([{ username: 'bob', status: 'active' }]);
    expect(await database.sql('select severity, count::int from open_incidents_summary')).toEqual([{ severity: 'high', count: 2 }]);
    expect(
      await database.sql(`select total_executions::int as total, successful_executions::int as good, failed_executions::int as bad,
                                 avg_duration_ms::int as ms from workflow_execution_stats`),
    ).toEqual([{ total: 3, good: 2, bad: 1, ms: 100 }]);
  });

  const boundsSql = `
    set timezone = 'UTC';
    select inhrelid::regclass::text as name, pg_get_expr(relpartbound, pg_class.oid) as bounds
      from pg_inherits join pg_class on pg_class.oid = inhrelid where inhparent = 'audit_logs'::regclass order by 1`;

  it('has a partition for every month from now to three ahead, so that the DEFAULT one stays empty', async () => {
    const bounds = await database.sql<{ name: string; bounds: string }>(boundsSql);
    const [{ months } = { months: [] }] = await database.sql<{ months: string[] }>(`
      select array_agg('audit_logs_' || to_char((now() at time zone 'UTC') + make_interval(months => n), 'YYYY_MM')) as months from generate_series(0, 3) n`);
    expect(bounds.map(({ name }) => name)).toEqual(
      expect.arrayContaining([...months, 'audit_logs_2025_11', 'audit_logs_2025_12', 'audit_logs_default']),
    );
    expect(await database.sql('select count(*)::int as rows from audit_logs_default')).toEqual([{ rows: 0 }]);
  });

  it.each([
    ['America/Los_Angeles', '2031-03-31', '2031_03', '2031-03-01', '2031-04-01'],
    ['Asia/Tokyo', '2031-04-01', '2031_04', '2031-04-01', '2031-05-01'],
    ['Pacific/Kiritimati', '2031-12-31', '2031_12', '2031-12-01', '2032-01-01'],
  ])('makes the months of UTC in a session of %s', async (zone, day, suffix, from, to) => {
    await database.sql(`set timezone = '${zone}'; set datestyle = 'German'; select create_audit_logs_partition('${day}')`);
    await database.sql(`set timezone = '${zone}'; select create_audit_logs_partition('${day}')`);
    const bounds = await database.sql<{ name: string; bounds: string }>(boundsSql);
    expect(bounds.filter(({ name }) => name === `audit_logs_${suffix}`)).toEqual([
      { name: `audit_logs_${suffix}`, bounds: `FOR VALUES FROM ('${from} 00:00:00+00') TO ('${to} 00:00:00+00')` },
    ]);
    // A child is a whole one: same key, same indexes, the parent's sequence.
    const [child] = await database.sql<{ indexes: number; attached: number; next: string }>(`
      select count(*)::int as indexes, count(i.inhparent)::int as attached,
             (select pg_get_expr(adbin, adrelid) from pg_attrdef where adrelid = 'audit_logs_${suffix}'::regclass and adnum = 1) as next
        from pg_index left join pg_inherits i on i.inhrelid = indexrelid where indrelid = 'audit_logs_${suffix}'::regclass`);
    expect(child).toEqual({ indexes: 5, attached: 5, next: `nextval('audit_logs_id_seq'::regclass)` });
  });

  it('drops the months that are old enough and nothing else', async () => {
    const month = (ago: number): Promise<{ name: string }[]> =>
      database.sql<{ name: string }>(
        `select 'audit_logs_' || to_char(date_trunc('month', now() at time zone 'UTC') - make_interval(months => ${ago}), 'YYYY_MM') as name`,
      );
    for (const ago of [3, 2, 1])
      await database.sql(
        `select create_audit_logs_partition((date_trunc('month', now() at time zone 'UTC') - make_interval(months => ${ago}))::date)`,
      );
    // The old function took whatever had such a name, and stumbled over the rest.
    await database.sql('create table audit_logs_2001_01 (n int); create table audit_logs_archive (n int)');
    await database.sql(`set timezone = 'America/Los_Angeles'; set datestyle = 'German'; select drop_old_audit_logs_partitions(2)`);

    const left = (await database.sql<{ name: string }>(boundsSql)).map(({ name }) => name);
    const [third, second, first] = [await month(3), await month(2), await month(1)].map(([row]) => row?.name);
    expect(left).not.toContain(third);
    expect(left).toEqual(expect.arrayContaining([second, first, 'audit_logs_default']));
    expect(
      await database.sql(
        `select to_regclass('audit_logs_2001_01') is not null as kept, to_regclass('audit_logs_archive') is not null as archive`,
      ),
    ).toEqual([{ kept: true, archive: true }]);
  });

  it.each(['0', '-1', 'null'])('refuses to keep %s months', async (months) => {
    await expect(database.sql(`select drop_old_audit_logs_partitions(${months})`)).rejects.toThrow('the least is 1');
  });
});
