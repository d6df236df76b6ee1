import { describe, expect, it } from 'vitest';
import { segmentsOf } from '#features/recovery/base/await-segments';

const segmentBytes = 16 * 1024 * 1024;

describe('the segments of a backup', () => {
  it('are those that hold a byte of start to stop', () => {
    expect(segmentsOf({ timeline: 1, segmentBytes, startLsn: '0/2000028', stopLsn: '0/2000138' })).toEqual(['000000010000000000000002']);
    expect(segmentsOf({ timeline: 2, segmentBytes, startLsn: '0/FE000028', stopLsn: '1/1000138' })).toEqual([
      '0000000200000000000000FE',
      '0000000200000000000000FF',
      '000000020000000100000000',
      '000000020000000100000001',
    ]);
  });

  it('do not hold the one that begins where the backup stops', () => {
    expect(segmentsOf({ timeline: 1, segmentBytes, startLsn: '0/2000028', stopLsn: '0/3000000' })).toEqual(['000000010000000000000002']);
  });
});
