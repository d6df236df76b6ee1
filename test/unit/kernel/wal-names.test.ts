import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compareLsn, formatLsn, parseLsn } from '#kernel/lsn';
import { parseWalFile, segmentName, segmentNumber, segmentOf } from '#kernel/wal-file';

const position = fc.bigInt({ min: 0n, max: 0xffff_ffff_ffff_ffffn });
const segmentBytes = fc.constantFrom(1, 2, 4, 16, 64, 256, 1024).map((mebibytes) => mebibytes * 1024 * 1024);
const timeline = fc.integer({ min: 1, max: 0xffff_ffff });

describe('LSNs', () => {
  test('survive the way to text and back, and compare as numbers', () => {
    fc.assert(fc.property(position, (value) => parseLsn(formatLsn(value)) === value));
    fc.assert(
      fc.property(position, position, (a, b) => Math.sign(compareLsn(formatLsn(a), formatLsn(b))) === (a < b ? -1 : a > b ? 1 : 0)),
    );
    expect(formatLsn(0x3000028n)).toBe('0/3000028');
    expect(() => parseLsn('0/30000280000')).toThrow(RangeError);
  });
});

describe('segments', () => {
  test('a position lies in the segment that is named after it', () => {
    fc.assert(
      fc.property(timeline, position, segmentBytes, (tli, value, size) => {
        const name = segmentOf(tli, formatLsn(value), size);
        expect(parseWalFile(name)).toMatchObject({ kind: 'segment', timeline: tli });
        expect(segmentNumber(name, size)).toBe(value / BigInt(size));
        expect(segmentName(tli, segmentNumber(name, size), size)).toBe(name);
      }),
    );
  });

  test('names go over the end of a log file', () => {
    expect(segmentName(1, segmentNumber('0000000100000000000000FF') + 1n)).toBe('000000010000000100000000');
  });

  test.each([
    ['000000010000000000000003', 'segment'],
    ['000000010000000000000003.partial', 'partial'],
    ['000000010000000000000003.00000028.backup', 'backup'],
    ['00000002.history', 'history'],
  ])('%s is a %s', (name, kind) => {
    expect(parseWalFile(name)).toMatchObject({ kind, name });
  });

  test.each(['', '00000001', '00000001000000000000000g', '../00000002.history', '000000010000000000000003.tmp', '00000002.HISTORY'])(
    '%s is none that PostgreSQL would name',
    (name) => {
      expect(parseWalFile(name)).toBeUndefined();
    },
  );
});
