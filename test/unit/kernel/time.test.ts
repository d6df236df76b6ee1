import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { elapsedMs, fromEpochMicros, fromEpochMs, parseMoment, toEpochMicros, toEpochMs } from '#kernel/time';

const micros = fc.bigInt({ min: -2_000_000_000_000_000n, max: 8_000_000_000_000_000n });

describe('moments', () => {
  test('survive the way to text and back', () => {
    fc.assert(fc.property(micros, (value) => toEpochMicros(fromEpochMicros(value)) === value));
  });

  test('sort as text as they sort in time', () => {
    fc.assert(fc.property(micros, micros, (a, b) => fromEpochMicros(a) < fromEpochMicros(b) === a < b));
  });

  test('agree with Date to the millisecond', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 4e12 }), (ms) => Date.parse(fromEpochMs(ms)) === ms && toEpochMs(fromEpochMs(ms)) === ms),
    );
    expect(elapsedMs('2026-11-23T00:00:00.000000Z', '2026-11-23T00:00:01.500000Z')).toBe(1500);
  });
});

describe('what an operator types', () => {
  test.each([
    ['2026-11-23T17:55:17.034406Z', '2026-11-23T17:55:17.034406Z'],
    ['2026-11-23 17:55:17.034406+00', '2026-11-23T17:55:17.034406Z'],
    ['2026-11-23T19:55:17+02:00', '2026-11-23T17:55:17.000000Z'],
    ['2026-11-23 13:25 -0430', undefined],
    ['2026-11-23T13:25-0430', '2026-11-23T17:55:00.000000Z'],
    ['2026-11-24t00:30:00.5+0530', '2026-11-23T19:00:00.500000Z'],
  ])('%s is read as %s', (text, expected) => {
    const read = parseMoment(text);
    if (expected === undefined) expect(read).toHaveProperty('problem');
    else expect(read).toBe(expected);
  });

  test.each([
    ['2026-11-23T17:55:17', 'naive'],
    ['2026-11-23', 'naive'],
    ['2026-11-23 17:55', 'naive'],
    ['2026-11-23 17:55:00 CET', 'zone-name'],
    ['2026-11-23 17:55:00 Europe/Berlin', 'zone-name'],
    ['yesterday', 'not-a-time'],
    ['', 'not-a-time'],
    ['2026-02-30T00:00:00Z', 'not-a-time'],
    ['2026-11-23T24:00:00Z', 'not-a-time'],
    ['2026-11-23T10:00:60Z', 'not-a-time'],
    ['2026-13-01T00:00:00Z', 'not-a-time'],
    ['2026-11-23T17:55:17.0344061Z', 'too-precise'],
    ['2026-11-23T17:55:17+19:00', 'not-a-time'],
  ])('%s is refused as %s', (text, problem) => {
    expect(parseMoment(text)).toEqual({ problem });
  });

  test('any moment with any offset is the same moment', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 4_000_000_000_000_000n }), fc.integer({ min: -840, max: 840 }), (value, offsetMinutes) => {
        const local = fromEpochMicros(value + BigInt(offsetMinutes) * 60_000_000n).replace('Z', '');
        const size = Math.abs(offsetMinutes);
        const offset = `${offsetMinutes < 0 ? '-' : '+'}${String(Math.floor(size / 60)).padStart(2, '0')}:${String(size % 60).padStart(2, '0')}`;
        expect(parseMoment(local + offset)).toBe(fromEpochMicros(value));
      }),
    );
  });
});
