import { setTimeout as sleep } from 'node:timers/promises';
import type { PostgresClient } from '#stores/postgres/connect';
import { escapeIdentifier } from '#stores/postgres/identifier';
import { indexNameAt } from './classify.ts';
import type { MigrationRun } from './migration-work.ts';
import type { Statement } from './split-statements.ts';

/** What CREATE INDEX CONCURRENTLY builds, and on which table. */
export interface ConcurrentIndex {
  name: string;
  /** As SQL, quoted, with its schema where the statement has one. */
  table: string;
}

/** What the catalogue has under that name in the table's schema. */
export interface FoundIndex {
  /** With schema, quoted. */
  qualifiedName: string;
  isValid: boolean;
  isOnTable: boolean;
  /** A session builds it right now: ours that was killed a moment ago, or another one. */
  isBuilding: boolean;
}

const pollMs = 500;

/** undefined when the statement has another form than PostgreSQL's grammar allows; the server will say so. */
export function concurrentIndexOf(statement: Statement): ConcurrentIndex | undefined {
  const { words, kinds } = statement;
  const nameAt = indexNameAt(statement);
  if (nameAt === undefined || words[nameAt + 1] !== 'ON') return undefined;
  const tableAt = words[nameAt + 2] === 'ONLY' ? nameAt + 3 : nameAt + 2;
  const name = (at: number): string => (kinds[at] === 'quoted' ? unquote(words[at] as string) : foldName(words[at] ?? ''));
  const parts = words[tableAt + 1] === '.' ? [name(tableAt), name(tableAt + 2)] : [name(tableAt)];
  return { name: name(nameAt), table: parts.map(escapeIdentifier).join('.') };
}

function unquote(word: string): string {
  return word.slice(1, -1).replaceAll('""', '"');
}

/** The server folds ASCII and cuts at 63 bytes. */
function foldName(word: string): string {
  return word.replace(/[A-Z]+/g, (letters) => letters.toLowerCase()).slice(0, 63);
}

export async function findIndex(client: PostgresClient, { name, table }: ConcurrentIndex): Promise<FoundIndex | undefined> {
  const { rows } = await client.query<FoundIndex>(
    `select format('%I.%I', n.nspname, c.relname) as "qualifiedName", i.indisvalid as "isValid", i.indrelid = t.oid as "isOnTable",
            exists (select from pg_stat_progress_create_index p where p.index_relid = c.oid) as "isBuilding"
       from pg_class t
       join pg_namespace n on n.oid = t.relnamespace
       join pg_class c on c.relnamespace = t.relnamespace and c.relname = $1
       join pg_index i on i.indexrelid = c.oid
      where t.oid = to_regclass($2)`,
    [name, table],
  );
  return rows[0];
}

/**
 * Makes room for a build: waits for one that is under way, then drops what an earlier attempt left invalid, because IF NOT EXISTS
 * would take it for a good index and without it the name would be taken.
 * @returns the index that is there afterwards
 */
export async function clearInvalidIndex({ main, reporter, signal }: MigrationRun, index: ConcurrentIndex): Promise<FoundIndex | undefined> {
  let found = await findIndex(main, index);
  if (found?.isBuilding) reporter.info(`${found.qualifiedName} is being built by another session; waiting for its end`);
  while (found?.isBuilding) {
    await sleep(pollMs, undefined, { signal });
    found = await findIndex(main, index);
  }
  if (found === undefined || found.isValid || !found.isOnTable) return found;
  reporter.info(`${found.qualifiedName} was left invalid by an earlier attempt; dropping it`);
  await main.query(`drop index concurrently if exists ${found.qualifiedName}`);
  return undefined;
}
