import type { Statement } from './split-statements.ts';

/** Does the statement begin with these words? */
export function beginsWith({ words }: Pick<Statement, 'words'>, phrase: string): boolean {
  return phrase.split(' ').every((word, index) => words[index] === word);
}

/**
 * PostgreSQL refuses these inside a transaction block (PreventInTransactionBlock in its sources). ALTER TYPE … ADD VALUE is not among
 * them since PostgreSQL 12: it may stand in a transaction as long as the new value is not used there, and the server watches that.
 */
export function runsOnlyAlone(statement: Statement): boolean {
  const { words } = statement;
  const has = (word: string): boolean => words.includes(word);
  switch (words[0]) {
    case 'VACUUM':
      return true;
    case 'CREATE':
      return isConcurrentIndex(statement) || /^(DATABASE|TABLESPACE|SUBSCRIPTION)$/.test(words[1] ?? '');
    case 'DROP':
      return /^(DATABASE|TABLESPACE|SUBSCRIPTION)$/.test(words[1] ?? '') || beginsWith(statement, 'DROP INDEX CONCURRENTLY');
    case 'REINDEX':
      return has('CONCURRENTLY') || has('DATABASE') || has('SYSTEM') || has('SCHEMA');
    case 'CLUSTER':
      return words.length === 1 || (words.length === 2 && words[1] === 'VERBOSE');
    case 'ALTER':
      return (
        words[1] === 'SYSTEM' ||
        words[1] === 'SUBSCRIPTION' ||
        (words[1] === 'DATABASE' && has('TABLESPACE')) ||
        (words[1] === 'TABLE' && has('DETACH') && has('CONCURRENTLY'))
      );
    default:
      return false;
  }
}

export function isConcurrentIndex(statement: Statement): boolean {
  return beginsWith(statement, 'CREATE INDEX CONCURRENTLY') || beginsWith(statement, 'CREATE UNIQUE INDEX CONCURRENTLY');
}

/** Why a migration cannot hold the statement; undefined when it can. */
export function refusalOf(statement: Statement): string | undefined {
  const { words, kinds } = statement;
  if (kinds.includes('backslash')) return 'a command of psql, which the server does not know';
  if (['BEGIN', 'COMMIT', 'END', 'ABORT'].includes(words[0] ?? '')) return 'the migration runs in a transaction of its own';
  if (beginsWith(statement, 'START TRANSACTION') || beginsWith(statement, 'PREPARE TRANSACTION'))
    return 'the migration runs in a transaction of its own';
  if (words[0] === 'ROLLBACK' && !words.includes('TO')) return 'the migration runs in a transaction of its own';
  if (words[0] === 'COPY' && (words.includes('STDIN') || words.includes('STDOUT'))) return 'there is no client data to copy';
  if (isConcurrentIndex(statement) && indexNameAt(statement) === undefined)
    return 'without a name the index cannot be found again when its build fails';
  return undefined;
}

/** The place of a concurrent index's name in the words; undefined when it has none. */
export function indexNameAt({ words }: Pick<Statement, 'words'>): number | undefined {
  const afterConcurrently = words.indexOf('CONCURRENTLY') + 1;
  const at = words[afterConcurrently] === 'IF' ? afterConcurrently + 3 : afterConcurrently;
  return words[at] === 'ON' ? undefined : at;
}
