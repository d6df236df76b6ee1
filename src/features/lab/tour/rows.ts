import type { PostgresClient } from '#stores/postgres/connect';

/** What a table holds: how many rows, and a hash over all of every row in an order of its own. */
export interface TableContent {
  rows: number;
  hash: string;
}

/** Users with sessions, and conversations with 20 messages each; the seed's tables and triggers do their work. */
export async function addConversations(client: PostgresClient, batch: string, users: number, conversations: number): Promise<void> {
  await client.query('BEGIN');
  await client.query(
    `INSERT INTO users (email, username, full_name, password_hash, status)
     SELECT format('%s%s@example.com', $1::text, n), format('%s_user_%s', $1::text, n), format('User %s', n), 'not-a-real-hash', 'active'
     FROM generate_series(1, $2::int) n`,
    [batch, users],
  );
  await client.query(
    `INSERT INTO sessions (user_id, token_hash, ip_address, expires_at)
     SELECT id, md5(id::text), '192.0.2.7', now() + interval '1 day' FROM users WHERE username LIKE $1 || '\\_user\\_%'`,
    [batch],
  );
  await client.query(
    `INSERT INTO conversations (user_id, session_id, title)
     SELECT s.user_id, s.id, format('%s %s', $1::text, n)
     FROM generate_series(1, $2::int) n
     JOIN LATERAL (SELECT s.id, s.user_id FROM sessions s JOIN users u ON u.id = s.user_id
                   WHERE u.username = format('%s_user_%s', $1::text, 1 + n % $3::int)) s ON true`,
    [batch, conversations, users],
  );
  await client.query(
    `INSERT INTO messages (conversation_id, role, content, tokens_used, sequence_number)
     SELECT c.id, CASE WHEN n % 2 = 1 THEN 'user' ELSE 'assistant' END, format('%s, message %s', c.title, n), 10 + n, n
     FROM conversations c, generate_series(1, 20) n WHERE c.title LIKE $1 || ' %'`,
    [batch],
  );
  await client.query('COMMIT');
}

/** Sessions of after the accident, before anybody noticed. @returns how many */
export async function addLateSessions(client: PostgresClient, count: number): Promise<number> {
  const { rowCount } = await client.query(
    `INSERT INTO sessions (user_id, token_hash, ip_address, expires_at)
     SELECT id, 'late-' || id::text, '192.0.2.8', now() + interval '1 day' FROM users ORDER BY id LIMIT $1`,
    [count],
  );
  return rowCount;
}

/** `extra_float_digits` and time zone are the server's defaults on both sides, so equal content gives equal text. */
export async function contentOf(client: PostgresClient, table: 'messages' | 'conversations' | 'sessions' | 'users'): Promise<TableContent> {
  const { rows } = await client.query<{ rows: string; hash: string | null }>(
    `SELECT count(*) AS rows, md5(string_agg(md5(t::text), '' ORDER BY t.id)) AS hash FROM ${table} t`,
  );
  return { rows: Number(rows[0]?.rows ?? 0), hash: rows[0]?.hash ?? '' };
}

/** The server's clock, after all that was committed before. */
export async function serverNow(client: PostgresClient): Promise<string> {
  const { rows } = await client.query<{ now: string }>(
    `SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS now`,
  );
  return rows[0]?.now ?? '';
}
