import { lexSql } from './lex-sql.ts';
import { type Statement, splitStatements } from './split-statements.ts';

/** What is known about a statement without running it. */
export type DataLoss = 'none' | 'loss' | 'unknown';

const harmlessFirstWords = new Set([
  'CREATE',
  'COMMENT',
  'GRANT',
  'REVOKE',
  'SET',
  'RESET',
  'ANALYZE',
  'VACUUM',
  'REINDEX',
  'CLUSTER',
  'INSERT',
  'LOCK',
  'REFRESH',
  'SAVEPOINT',
  'RELEASE',
  'SHOW',
]);

/** Dropping these loses definitions that a migration can write again, never rows. */
const droppableWithoutLoss = new Set([
  'INDEX',
  'VIEW',
  'FUNCTION',
  'PROCEDURE',
  'ROUTINE',
  'AGGREGATE',
  'TRIGGER',
  'RULE',
  'POLICY',
  'CAST',
]);

/** Conservative: what is not known to keep all rows and values is loss or unknown. */
export function dataLossOf(statement: Statement): DataLoss {
  const { words } = statement;
  const [first = '', second = '', third = ''] = words;
  if (first === 'DO') return dataLossInBlock(statement);
  if (first === 'ALTER') return dataLossOfAlter(statement);
  if (first === 'DROP') {
    const kind = second === 'MATERIALIZED' ? third : second;
    // CASCADE reaches whatever depends on it.
    return droppableWithoutLoss.has(kind) && !words.includes('CASCADE') ? 'none' : 'loss';
  }
  if (['TRUNCATE', 'DELETE', 'UPDATE', 'MERGE'].includes(first)) return 'loss';
  if (first === 'WITH' && words.some((word) => ['DELETE', 'UPDATE', 'MERGE'].includes(word))) return 'loss';
  if (first === 'INSERT' && words.includes('UPDATE')) return 'loss';
  return harmlessFirstWords.has(first) ? 'none' : 'unknown';
}

/** Of several statements, the worst. */
export function worstDataLoss(statements: readonly Statement[]): { loss: DataLoss; statement: Statement | undefined } {
  for (const loss of ['loss', 'unknown'] as const) {
    const statement = statements.find((candidate) => dataLossOf(candidate) === loss);
    if (statement !== undefined) return { loss, statement };
  }
  return { loss: 'none', statement: undefined };
}

function dataLossOfAlter({ words, kinds }: Statement): DataLoss {
  if (!['TABLE', 'INDEX', 'VIEW', 'FUNCTION', 'SEQUENCE', 'TRIGGER', 'DOMAIN', 'TYPE'].includes(words[1] ?? '')) return 'unknown';
  if (words[1] === 'TYPE') return words.includes('DROP') ? 'loss' : 'none';
  if (words[1] !== 'TABLE') return 'none';
  let depth = 0;
  for (const [index, word] of words.entries()) {
    if (kinds[index] === 'open') depth += 1;
    if (kinds[index] === 'close') depth -= 1;
    if (depth > 0 || kinds[index] !== 'word') continue;
    const next = words[index + 1] ?? '';
    // DROP [COLUMN] name; the others take away a rule or a default, not values.
    if (word === 'DROP' && !['CONSTRAINT', 'DEFAULT', 'NOT', 'IDENTITY'].includes(next)) return 'loss';
    // ALTER [COLUMN] c [SET DATA] TYPE rewrites values; they may not come back the same.
    if (word === 'TYPE' && words.slice(0, index).includes('ALTER', 1)) return 'loss';
  }
  return 'none';
}

/** A DO block runs now. Its body is looked at for words that lose data; without any it is still unknown, because it can compute SQL. */
function dataLossInBlock({ text }: Statement): DataLoss {
  const body = lexSql(text).find(({ kind }) => kind === 'string');
  if (body === undefined) return 'unknown';
  const content = text.slice(body.start, body.end).replace(/^\$[^$]*\$|\$[^$]*\$$|^'|'$/g, '');
  return /\b(DROP\s+(TABLE|SCHEMA|COLUMN|TYPE|DATABASE)|TRUNCATE|DELETE\s+FROM)\b/i.test(content) ||
    splitStatements(content).some(({ words }) => ['DELETE', 'UPDATE', 'TRUNCATE'].includes(words[0] ?? ''))
    ? 'loss'
    : 'unknown';
}
