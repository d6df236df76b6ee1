import { inspect } from 'node:util';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ErrorCode, errorCatalogue } from '#kernel/error-catalogue';
import { OpsError } from '#kernel/errors';
import { canonicalJson, type Json } from '#kernel/json';
import { type Plan, planHash } from '#kernel/plan';
import { Secret } from '#kernel/secret';
import { suggest } from '#kernel/suggest';
import { formatBytes, formatDuration, parseBytes, parseDuration } from '#kernel/units';

describe('units', () => {
  test.each([
    ['90s', 90_000],
    ['15m', 900_000],
    ['1h30m', 5_400_000],
    ['1.5h', 5_400_000],
    ['250ms', 250],
    ['2d', 172_800_000],
  ])('%s is a duration', (text, expected) => {
    expect(parseDuration(text)).toBe(expected);
  });

  test.each(['', '90', '1M', '5 m', '-5m', 'm', '1h 30m', '1h30'])('%s is none', (text) => {
    expect(parseDuration(text)).toBeUndefined();
  });

  test('sizes need their unit, and know two kinds', () => {
    expect(parseBytes('1KiB')).toBe(1024);
    expect(parseBytes('1kB')).toBe(1000);
    expect(parseBytes('1.5GiB')).toBe(1_610_612_736);
    for (const text of ['1', '1K', '1 KiB', '-1KiB', '1gb']) expect(parseBytes(text)).toBeUndefined();
    expect(formatBytes(1536)).toBe('1.5 KiB');
    expect(formatDuration(90_500)).toBe('1m 30.5s');
  });
});

describe('plans', () => {
  const plan: Plan = {
    summary: 'a',
    steps: [{ id: '1', title: 'do', facts: { b: 1, a: 2 } }],
    facts: { x: [1, 2] },
    notes: ['free disk 3 GiB'],
  };

  test('have the same hash whatever the order of keys and whatever the notes', () => {
    const same: Plan = {
      notes: [],
      facts: { x: [1, 2] },
      steps: [{ title: 'do', id: '1', facts: { a: 2, b: 1 } }],
      summary: 'other words',
    };
    expect(planHash('c', same)).toBe(planHash('c', plan));
  });

  test('have another hash when anything differs that the decision rests on', () => {
    const others: Plan[] = [
      { ...plan, steps: [] },
      { ...plan, facts: { x: [2, 1] } },
      { ...plan, danger: 'destructive' },
      { ...plan, confirmName: 'lab' },
    ];
    const hashes = new Set([plan, ...others].map((each) => planHash('c', each)).concat(planHash('d', plan)));
    expect(hashes.size).toBe(others.length + 2);
  });

  test('canonical JSON reads back as the same value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(JSON.parse(canonicalJson(value as Json))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});

test('a secret never prints', () => {
  const secret = new Secret('hunter2');
  const shown = [
    String(secret),
    `${secret}`,
    JSON.stringify({ secret }),
    inspect({ secret }),
    inspect(new OpsError('USAGE_INVALID', { message: `${secret}` })),
  ];
  expect(shown.join()).not.toContain('hunter2');
  expect(secret.reveal()).toBe('hunter2');
});

test('suggestions are slips of the finger, not guesses', () => {
  expect(suggest('repositoris', ['repositories', 'retention'])).toBe('repositories');
  expect(suggest('xyz', ['repositories'])).toBeUndefined();
});

describe('the error catalogue', () => {
  const codes = Object.keys(errorCatalogue) as ErrorCode[];

  test.each(codes)('%s says what it is and what to do', (code) => {
    const entry = errorCatalogue[code];
    expect(code).toMatch(/^[A-Z]+(_[A-Z0-9]+)*$/);
    expect(entry.title).not.toMatch(/\.$/);
    expect(entry.explain.length).toBeGreaterThan(40);
    expect(entry.nextSteps.length).toBeGreaterThan(0);
  });
});
