import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitStatements } from '#features/migrations/split-statements';

const texts = (script: string): string[] => splitStatements(script).map(({ text }) => text);

describe('splitStatements', () => {
  it.each([
    ['a comment before is not part of a statement', '-- why;\n/* and; */ select 1 -- inside;\n+ 1; ;', ['select 1 -- inside;\n+ 1']],
    ['the last semicolon may be missing', 'select 1; select 2', ['select 1', 'select 2']],
    [
      'a rule has statements in parentheses',
      'create rule r as on insert to t do also (delete from a; delete from b); select 1',
      ['create rule r as on insert to t do also (delete from a; delete from b)', 'select 1'],
    ],
    [
      'a body in standard SQL ends with its END',
      'create function f() returns int begin atomic select case when true then 1 end; select 2; end; select 3',
      ['create function f() returns int begin atomic select case when true then 1 end; select 2; end', 'select 3'],
    ],
    [
      'only that BEGIN opens a block',
      'begin; select 1; end; select case when a then b end; select 2',
      ['begin', 'select 1', 'end', 'select case when a then b end', 'select 2'],
    ],
    ['nothing but comments is nothing', '-- a\n/* b */ ;;', []],
  ])('%s', (_name, script, expected) => {
    expect(texts(script)).toEqual(expected);
  });

  it('finds every statement again, whatever literals and comments are in it', () => {
    const content = fc.string({
      unit: fc.constantFrom(';', ' ', 'a', "'", '"', '\\', '\n', '-', '*', '/', '(', ')', 'é', '😀'),
      maxLength: 12,
    });
    const plain = content.map((text) => `'${text.replaceAll("'", "''")}'`);
    const escaped = content.map((text) => `E'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`);
    const dollar = content.map((text) => `$q$${text}$q$`);
    const quoted = content.map((text) => `"${text.replaceAll('"', '""')}"`);
    const line = content.map((text) => `--${text.replaceAll('\n', ' ')}\n`);
    const block = content.map((text) => `/*${text.replaceAll(/[*/]/g, '.')}/* ; */*/`);
    // A word between pieces keeps two literals from becoming one.
    const piece = fc.oneof(plain, escaped, dollar, quoted, line, block).map((text) => `${text} w `);
    const statement = fc.array(piece, { maxLength: 5 }).map((parts) => `select ${parts.join('')}x`);
    fc.assert(
      fc.property(fc.array(statement, { maxLength: 6 }), (statements) => {
        const script = statements.map((text) => `${text};\n`).join('');
        const found = splitStatements(script);
        expect(found.map(({ text }) => text)).toEqual(statements);
        for (const { text, start } of found) expect(script.slice(start, start + text.length)).toBe(text);
      }),
    );
  });
});
