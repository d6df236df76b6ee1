import { describe, expect, it } from 'vitest';
import { checkWalContent } from '#features/recovery/wal/check-content';
import { parseWalFile, type WalFile } from '#kernel/wal-file';
import { makeSegment, systemId } from '#support/wal-segment';

const name = '000000020000000100000005';
const file = (text: string) => parseWalFile(text) as WalFile;
const check = (text: string, body: Buffer) => () => checkWalContent(file(text), body, systemId);
const changed = (change: (body: Buffer) => void) => {
  const body = makeSegment(name);
  change(body);
  return body;
};

describe('the content of a WAL file', () => {
  it('is accepted when it is what the name says', () => {
    expect(check(name, makeSegment(name))).not.toThrow();
    expect(check(`${name}.partial`, makeSegment(name))).not.toThrow();
    expect(check('00000002.history', Buffer.from('1\t0/5000000\tno recovery target specified\n'))).not.toThrow();
    expect(check(`${name}.00000028.backup`, Buffer.from('START WAL LOCATION: 1/5000028\n'))).not.toThrow();
  });

  it('is accepted when an ancestor timeline wrote the first page', () => {
    expect(
      check(
        name,
        changed((body) => body.writeUInt32LE(1, 4)),
      ),
    ).not.toThrow();
  });

  it.each([
    ['a segment that was cut short', name, makeSegment(name).subarray(0, -1)],
    ['a segment with a tail', name, Buffer.concat([makeSegment(name), Buffer.alloc(1)])],
    ['an empty segment', name, Buffer.alloc(0)],
    ['an empty history', '00000002.history', Buffer.alloc(0)],
    ['zeros', name, Buffer.alloc(1024 ** 2)],
    ['the segment after it', name, makeSegment('000000020000000100000006')],
    ['the same segment number of another log', name, makeSegment('000000020000000200000005')],
    ['a later timeline', name, changed((body) => body.writeUInt32LE(3, 4))],
    ['a segment size that PostgreSQL does not have', name, changed((body) => body.writeUInt32LE(1024 ** 2 + 8192, 32))],
  ])('is refused: %s', (_, text, body) => {
    expect(check(text, body)).toThrow(expect.objectContaining({ code: 'WAL_FILE_INVALID' }));
  });

  it('is refused when another system wrote it', () => {
    expect(check(name, makeSegment(name, { systemId: '7700000000000000001' }))).toThrow(
      expect.objectContaining({ code: 'WAL_SYSTEM_MISMATCH' }),
    );
  });
});
