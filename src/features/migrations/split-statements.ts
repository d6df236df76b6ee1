import { lexSql, type Token } from './lex-sql.ts';

export interface Statement {
  /** From its first word to before its semicolon; comments inside are kept. */
  text: string;
  /** Where it begins in the file's text, in UTF-16 units. */
  start: number;
  /** Its tokens without white space and comments: words in capitals, all else as it is written. */
  words: readonly string[];
  /** The kinds that belong to `words`. */
  kinds: readonly Token['kind'][];
}

/**
 * Cuts a script at the semicolons that end statements: those in strings, dollar quotes, comments, parentheses (CREATE RULE) and
 * `BEGIN ATOMIC` bodies do not. A backslash outside of these ends up in the words of its statement.
 */
export function splitStatements(text: string): Statement[] {
  const statements: Statement[] = [];
  let tokens: Token[] = [];
  let parentheses = 0;
  let blocks = 0;
  const finish = (): void => {
    if (tokens.length > 0) statements.push(statementOf(text, tokens));
    tokens = [];
    parentheses = 0;
    blocks = 0;
  };
  for (const token of lexSql(text)) {
    if (token.kind === 'space' || token.kind === 'comment') continue;
    if (token.kind === 'semicolon' && parentheses === 0 && blocks === 0) {
      finish();
      continue;
    }
    if (token.kind === 'open') parentheses += 1;
    if (token.kind === 'close') parentheses = Math.max(0, parentheses - 1);
    if (token.kind === 'word' && parentheses === 0) blocks = blockDepth(blocks, text, tokens, token);
    tokens.push(token);
  }
  finish();
  return statements;
}

/** Only a body in standard SQL (`BEGIN ATOMIC … END`, PostgreSQL 14) has semicolons of its own; CASE … END may be inside it. */
function blockDepth(depth: number, text: string, before: readonly Token[], token: Token): number {
  const word = wordOf(text, token);
  const previous = before.at(-1);
  if (word === 'ATOMIC' && previous !== undefined && wordOf(text, previous) === 'BEGIN') return depth + 1;
  if (depth > 0 && word === 'CASE') return depth + 1;
  return depth > 0 && word === 'END' ? depth - 1 : depth;
}

function statementOf(text: string, tokens: readonly Token[]): Statement {
  const start = (tokens[0] as Token).start;
  const end = (tokens.at(-1) as Token).end;
  return { text: text.slice(start, end), start, words: tokens.map((token) => wordOf(text, token)), kinds: tokens.map(({ kind }) => kind) };
}

function wordOf(text: string, { kind, start, end }: Token): string {
  const written = text.slice(start, end);
  // ASCII only, as the server folds names.
  return kind === 'word' ? written.replace(/[a-z]+/g, (letters) => letters.toUpperCase()) : written;
}
