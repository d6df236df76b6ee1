import { describe, expect, it } from 'vitest';
import { readWalHeader } from '#features/recovery/wal/header';

/** The first bytes of pg_wal/000000010000000000000001 after initdb, and the system identifier in pg_control beside it. */
const real = [
  {
    major: 15,
    systemId: '7711448655852810007',
    hex: '10d102000100000000000001000000000000000000000000172fc50bb291046b00000001002000007200000000000000',
  },
  {
    major: 18,
    systemId: '7711448660804329261',
    hex: '18d1020001000000000000010000000000000000000000002d5fe732b391046b00000001002000007200000000000000',
  },
];

describe('the header of a segment', () => {
  it.each(real)('is read from a segment of PostgreSQL $major', ({ major, systemId, hex }) => {
    expect(readWalHeader(Buffer.from(hex, 'hex'))).toEqual({
      major,
      systemId,
      timeline: 1,
      startAddress: 0x1000000n,
      segmentBytes: 16 * 1024 * 1024,
      blockBytes: 8192,
    });
  });

  it('is read in the other order of bytes as well', () => {
    const bytes = Buffer.from(real[0]?.hex as string, 'hex');
    const swapped = Buffer.concat(
      [
        [0, 2],
        [2, 4],
        [4, 8],
        [8, 16],
        [16, 24],
        [24, 32],
        [32, 36],
        [36, 40],
      ].map(([from, to]) => Buffer.from(bytes.subarray(from, to)).reverse()),
    );
    expect(readWalHeader(swapped)).toEqual(readWalHeader(bytes));
  });

  it.each([
    ['zeros', Buffer.alloc(48)],
    ['a short file', Buffer.from(real[0]?.hex as string, 'hex').subarray(0, 39)],
    ['an unknown version', Buffer.from(`ffd1${real[0]?.hex.slice(4)}`, 'hex')],
    ['a page that is not the first', Buffer.from(`10d10000${real[0]?.hex.slice(8)}`, 'hex')],
    ['text', Buffer.from('1\t0/3000000\tno recovery target specified, and some more text')],
  ])('is not seen in %s', (_, bytes) => {
    expect(readWalHeader(bytes)).toBeUndefined();
  });
});
