import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { lexSql } from '#features/migrations/lex-sql';

const kinds = (text: string): string[] => lexSql(text).map(({ kind, start, end }) => `${kind} ${text.slice(start, end)}`);

describe('lexSql', () => {
  it.each([
    ["'it''s'", ["string 'it''s'"]],
    ["'back\\'", ["string 'back\\'"]],
    ["E'it\\'s; \\\\'", ["string E'it\\'s; \\\\'"]],
    ["e'a'\n 'b\\';'", ["string e'a'\n 'b\\';'"]],
    ["E'a' -- said ';\n'b\\''", ["string E'a' -- said ';\n'b\\''"]],
    ['"we""ird;"', ['quoted "we""ird;"']],
    ['$$a;$b$;$$', ['string $$a;$b$;$$']],
    ['$tag$ $$ ; $tag $tag$', ['string $tag$ $$ ; $tag $tag$']],
    ['$1', ['number $1']],
    ['a$b$c', ['word a$b$c']],
    ['/* a /* b; */ c; */', ['comment /* a /* b; */ c; */']],
    ['-- a; b', ['comment -- a; b']],
    ['größe', ['word größe']],
    ["nameE'x'", ['word nameE', "string 'x'"]],
    ["'open", ["string 'open"]],
    ['$$open', ['string $$open']],
    ['/* open', ['comment /* open']],
    ['"open', ['quoted "open']],
    ["E'open\\", ["string E'open\\"]],
  ])('reads %s', (text, expected) => {
    expect(kinds(text)).toEqual(expected);
  });

  it('covers any text without gaps', () => {
    const pieces = fc.constantFrom("'", '"', '$$', '$a$', 'E', '\\', '/*', '*/', '--', '\n', ';', '(', ')', ' ', 'word', '1', 'é', '😀');
    fc.assert(
      fc.property(fc.array(fc.oneof(pieces, fc.string({ maxLength: 3 }))), (parts) => {
        const text = parts.join('');
        let at = 0;
        for (const { start, end } of lexSql(text)) {
          expect(start).toBe(at);
          expect(end).toBeGreaterThan(start);
          at = end;
        }
        expect(at).toBe(text.length);
      }),
    );
  });

  it('is not slowed or stopped by a very long literal', () => {
    const text = `select '${"x''".repeat(1_000_000)}', E'${'\\n'.repeat(1_000_000)}';`;
    expect(lexSql(text).filter(({ kind }) => kind === 'string')).toHaveLength(2);
  });
});
