import type { PostgresClient } from '#stores/postgres/connect';

export interface SessionLimits {
  /** How long a statement may wait for a lock, and so how long others may queue behind it. 0 = for ever. */
  lockTimeoutMs: number;
}

export const defaultLimits: SessionLimits = { lockTimeoutMs: 5000 };

/**
 * A migration means the same whatever the role, the database or the last migration set. standard_conforming_strings is what the
 * statement splitter assumes; the check interval makes an orphaned backend notice that we were killed; a commit that is not
 * flushed would not be "done", while a stricter setting of the server stays.
 */
function pinnedSettings({ lockTimeoutMs }: SessionLimits, local: boolean): string {
  const settings: Readonly<Record<string, string>> = {
    search_path: 'public',
    standard_conforming_strings: 'on',
    check_function_bodies: 'on',
    timezone: 'UTC',
    datestyle: 'ISO, YMD',
    lock_timeout: `${lockTimeoutMs}ms`,
    statement_timeout: '0',
    idle_in_transaction_session_timeout: '0',
    default_transaction_read_only: 'off',
    client_connection_check_interval: '1s',
  };
  const fixed = Object.entries(settings).map(([name, value]) => `set_config('${name}', '${value}', ${local})`);
  const level = `current_setting('synchronous_commit')`;
  const flushed = `set_config('synchronous_commit', case ${level} when 'off' then 'on' else ${level} end, ${local})`;
  return `select ${[...fixed, flushed].join(', ')}`;
}

/** Leaves nothing of what came before, then begins a transaction with pinned settings. */
export async function beginMigration(client: PostgresClient, limits: SessionLimits): Promise<void> {
  await client.query('discard all');
  await client.query(`begin isolation level read committed read write; ${pinnedSettings(limits, true)}`);
}

/** The same outside of a transaction. No lock timeout: it would cut a concurrent build short and leave an invalid index. */
export async function openForStandalone(client: PostgresClient): Promise<void> {
  await client.query('discard all');
  await client.query(pinnedSettings({ lockTimeoutMs: 0 }, false));
}

/** The recorder's session: autocommitted statements, each of which may wait for a lock as long as a migration may. */
export async function openRecorder(client: PostgresClient, limits: SessionLimits): Promise<void> {
  await client.query('discard all');
  await client.query(pinnedSettings(limits, false));
}
