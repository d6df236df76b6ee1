import { mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import type { Json } from '#kernel/json';
import type { PostgresClient } from '#stores/postgres/connect';

/** Who did what, to what, by which plan, and how it ended; also for refused and failed acts. */
export interface AuditEntry {
  at: string;
  runId: string;
  actor: string;
  host: string;
  command: string;
  target: string;
  planHash: string | null;
  outcome: 'done' | 'refused' | 'failed';
  code: string | null;
}

/** Appends one durable JSON line to `audit.jsonl` of the state directory. */
export async function appendAuditLine(stateDirectory: string, entry: AuditEntry): Promise<void> {
  await mkdir(stateDirectory, { recursive: true, mode: 0o700 });
  const handle = await open(join(stateDirectory, 'audit.jsonl'), 'a', 0o600);
  try {
    await handle.appendFile(`${JSON.stringify(entry)}\n`);
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

/** The same as a row of `audit_logs`, when the schema is there. @returns false when there is no such table */
export async function insertAuditRow(client: PostgresClient, entry: AuditEntry): Promise<boolean> {
  const present = await client.query<{ there: boolean }>("SELECT to_regclass('audit_logs') IS NOT NULL AS there");
  if (present.rows[0]?.there !== true) return false;
  const metadata: Json = { ...entry } as unknown as Json;
  await client.query(`INSERT INTO audit_logs (action, resource_type, success, metadata) VALUES ('execute', $1, $2, $3)`, [
    `copilot-db ${entry.command}`,
    entry.outcome === 'done',
    JSON.stringify(metadata),
  ]);
  return true;
}
