import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checksumOf } from '#features/migrations/checksum';

describe('checksumOf', () => {
  it('is the sha256 of the text as it is written down', () => {
    // printf 'select 1;\n' | sha256sum
    expect(checksumOf('select 1;\n')).toBe('4a45092ccf992ea92250053a80b931b787924ba61648f420555511b84f10ab6c');
  });

  it('does not see line ends, a byte order mark, and white space at ends', () => {
    const text = fc.array(fc.constantFrom('select 1;', '  -- why', "'ü'", ''), { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(
        text,
        fc.constantFrom('\n', '\r\n', '\r'),
        fc.constantFrom('', ' ', '\t '),
        fc.constantFrom('', '\uFEFF'),
        (lines, end, tail, mark) => {
          const plain = lines.join('\n');
          const dressed = mark + lines.map((line) => line + tail).join(end) + end + end;
          expect(checksumOf(dressed)).toBe(checksumOf(plain));
        },
      ),
    );
  });

  it.each([
    ['select 1;', 'select  1;'],
    ['select 1;', ' select 1;'],
    ['select 1;', '\nselect 1;'],
    ['select 1;', 'SELECT 1;'],
    ['a\nb', 'a b'],
    ['a\n\nb', 'a\nb'],
  ])('sees every other difference: %j and %j', (one, other) => {
    expect(checksumOf(one)).not.toBe(checksumOf(other));
  });
});
