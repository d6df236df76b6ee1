import { describe, expect, test } from 'vitest';
import { currentTestUser, isRoot, plainUser, postgresUser, type TestUser } from '#support/os-users';
import type { ClusterOptions } from '#support/postgres/make-cluster';
import { archiveNow, askRestored, beginStory, momentBetween } from '#support/story';
import { deep } from '#support/tier';

interface Case {
  store: 's3' | 'directory';
  operator: 'root' | 'the server’s user' | 'a plain user';
  kind: ClusterOptions['kind'];
  major: ClusterOptions['major'];
}

/** Every value of every dimension in `npm test`; the whole product, with 16 and 17, in the deep tier. */
const sampled: readonly Case[] = [
  { store: 'directory', operator: 'root', kind: 'pg_createcluster', major: 15 },
  { store: 's3', operator: 'the server’s user', kind: 'pg_createcluster', major: 15 },
  { store: 's3', operator: 'root', kind: 'initdb', major: 18 },
  { store: 'directory', operator: 'a plain user', kind: 'initdb', major: 18 },
  { store: 's3', operator: 'a plain user', kind: 'initdb', major: 15 },
];

function whole(): Case[] {
  const operators = ['root', 'the server’s user', 'a plain user'] as const;
  return (['s3', 'directory'] as const).flatMap((store) =>
    operators.flatMap((operator): Case[] => [
      ...([15, 16, 17, 18] as const).map((major): Case => ({ store, operator, kind: 'initdb', major })),
      ...(operator === 'a plain user' ? [] : [{ store, operator, kind: 'pg_createcluster' as const, major: 15 as const }]),
    ]),
  );
}

const possible = (deep ? whole() : sampled).filter(({ operator, kind }) => isRoot || (operator === 'a plain user' && kind === 'initdb'));

function usersOf({ operator }: Case): { operator: TestUser; server: TestUser } {
  if (operator === 'a plain user') return { operator: plainUser(), server: plainUser() };
  return { operator: operator === 'root' ? currentTestUser() : postgresUser(), server: postgresUser() };
}

const checksum = `select count(*)::int as rows, md5(string_agg(m::text, ',' order by id)) as content from messages m`;

describe.each(possible)('a table is lost and comes back: $store, $operator, $kind, PostgreSQL $major', (each) => {
  test('migrate, open a repository, archive, back up, lose, restore', { timeout: 240_000 }, async () => {
    const users = usersOf(each);
    const story = await beginStory({
      store: each.store,
      operator: users.operator,
      cluster: { major: each.major, kind: each.kind, user: users.server },
    });
    const { cluster, copilot, copilotJson } = story;

    expect((await copilot('migrate', 'status')).code).toBe(3);
    await copilotJson('migrate', 'up');
    expect((await copilot('migrate', 'status')).code).toBe(0);
    const missing = each.store === 's3' ? 'REPOSITORY_NOT_INITIALISED' : 'OBJECT_BUCKET_MISSING';
    expect((await copilot('backup', 'list')).stderr).toContain(missing);
    await copilotJson('repository', 'init');

    await cluster.psql(`
      insert into users (username, email, password_hash) values ('ada', 'ada@example.org', 'x');
      insert into sessions (user_id, token_hash, ip_address, expires_at) select id, 'h', '127.0.0.1', now() + interval '1 day' from users;
      insert into conversations (user_id, session_id, title) select u.id, s.id, 'c' from users u join sessions s on s.user_id = u.id;
      insert into messages (conversation_id, role, content, sequence_number) select c.id, 'user', 'before ' || n, n from conversations c, generate_series(1, 500) n`);
    const { label } = await copilotJson('backup', 'create', '--type', 'base');
    await cluster.psql(
      `insert into messages (conversation_id, role, content, sequence_number) select c.id, 'user', 'after ' || n, 1000 + n from conversations c, generate_series(1, 300) n`,
    );
    const traces = await cluster.psql(
      "select metadata->>'command' as command, success from audit_logs where action = 'execute' order by created_at",
    );
    expect(traces).toEqual(['migrate up', 'repository init', 'backup create'].map((command) => ({ command, success: true })));
    const [known] = await cluster.psql(checksum);
    const target = await momentBetween(cluster);
    await cluster.psql('drop table messages cascade');
    await archiveNow(cluster);

    expect((await copilotJson('backup', 'list')).backups).toMatchObject([{ label }]);
    const dataDir = await story.newDirectory();
    const words = ['restore', 'pitr', '--target-time', target, '--data-dir', dataDir, '--start', '--lock-wait', '5s'];
    expect((await copilot(...words)).code).toBe(5);
    const restored = await copilotJson(...words, '--yes');
    expect(restored).toMatchObject({ base: label, dataDir, state: 'running' });
    expect(await askRestored(restored, checksum)).toEqual([known]);
    expect((known as { rows: number }).rows).toBe(800);
    expect(await cluster.psql(`select to_regclass('messages') as lost`)).toEqual([{ lost: null }]);
  });
});
