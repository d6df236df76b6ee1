export type TokenKind =
  | 'space'
  | 'comment'
  | 'word'
  | 'quoted'
  | 'string'
  | 'number'
  | 'semicolon'
  | 'backslash'
  | 'open'
  | 'close'
  | 'symbol';

/** A piece of SQL text; tokens follow each other without gaps. */
export interface Token {
  kind: TokenKind;
  start: number;
  end: number;
}

const space = /[ \t\n\r\f\v]+/y;
const lineComment = /--[^\n\r]*/y;
const word = /[A-Za-z_\u0080-\uffff][A-Za-z0-9_$\u0080-\uffff]*/y;
const number = /\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+)?|\$\d+/y;
const dollarTag = /\$(?:[A-Za-z_\u0080-\uffff][A-Za-z0-9_\u0080-\uffff]*)?\$/y;
const quoted = /"[^"]*(?:""[^"]*)*(?:"|$)/y;
const plainString = /'[^']*(?:''[^']*)*(?:'|$)/y;
const escapeString = /[eE]?'[^'\\]*(?:(?:''|\\[\s\S])[^'\\]*)*(?:'|\\?$)/y;
/** A string goes on after white space with a line break, and keeps its kind: E'a' ⏎ 'b\'c' is one string. */
const continued = /(?:[ \t\f\v]|--[^\n\r]*)*[\n\r](?:[ \t\n\r\f\v]|--[^\n\r]*(?=[\n\r]))*(?=')/y;

/**
 * Cuts SQL into tokens as PostgreSQL's scanner does with standard_conforming_strings on (src/backend/parser/scan.l), as far as
 * finding statements needs it. Never fails: what is not terminated reaches to the end, and the server says so.
 */
export function lexSql(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const [kind, end] = tokenAt(text, at);
    tokens.push({ kind, start: at, end });
    at = end;
  }
  return tokens;
}

function tokenAt(text: string, at: number): [TokenKind, number] {
  const character = text[at] as string;
  if (character === "'") return ['string', match(plainString, text, at) ?? text.length];
  if ((character === 'e' || character === 'E') && text[at + 1] === "'") return ['string', endOfEscapeString(text, at)];
  if (character === '"') return ['quoted', match(quoted, text, at) ?? text.length];
  if (character === '$') {
    const tagEnd = match(dollarTag, text, at);
    if (tagEnd !== undefined) return ['string', endOfDollarString(text, at, tagEnd)];
  }
  if (text.startsWith('/*', at)) return ['comment', endOfBlockComment(text, at)];
  const plain =
    findKind('space', space, text, at) ??
    findKind('comment', lineComment, text, at) ??
    findKind('word', word, text, at) ??
    findKind('number', number, text, at);
  if (plain !== undefined) return plain;
  return [singleCharacterKinds[character] ?? 'symbol', at + 1];
}

const singleCharacterKinds: Readonly<Record<string, TokenKind>> = { ';': 'semicolon', '\\': 'backslash', '(': 'open', ')': 'close' };

function match(pattern: RegExp, text: string, at: number): number | undefined {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}

function findKind(kind: TokenKind, pattern: RegExp, text: string, at: number): [TokenKind, number] | undefined {
  const end = match(pattern, text, at);
  return end === undefined ? undefined : [kind, end];
}

function endOfEscapeString(text: string, at: number): number {
  let end = match(escapeString, text, at) ?? text.length;
  for (;;) {
    const next = match(continued, text, end);
    if (next === undefined) return end;
    end = match(escapeString, text, next) ?? text.length;
  }
}

function endOfDollarString(text: string, at: number, tagEnd: number): number {
  const tag = text.slice(at, tagEnd);
  const close = text.indexOf(tag, tagEnd);
  return close === -1 ? text.length : close + tag.length;
}

/** Block comments nest. */
function endOfBlockComment(text: string, at: number): number {
  const edge = /\/\*|\*\//g;
  edge.lastIndex = at + 2;
  for (let depth = 1; depth > 0; ) {
    const found = edge.exec(text);
    if (found === null) return text.length;
    depth += found[0] === '/*' ? 1 : -1;
  }
  return edge.lastIndex;
}
