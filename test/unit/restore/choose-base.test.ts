import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseBase } from '#features/recovery/restore/choose-base';
import { requiredWal } from '#features/recovery/restore/required-wal';
import type { RestoreTarget } from '#features/recovery/restore/restore-target';
import { OpsError } from '#kernel/errors';
import { lsnIn, makeArchive, makeBase, minute, name, range } from './archive-builder.ts';

const now = minute(1000);
const bases = [makeBase('A', { first: 2, minute: 10 }), makeBase('B', { first: 5, last: 6, minute: 50 })];
const archive = makeArchive({ 1: range(1, 9) });
const at = (moment: string, exclusive = false): RestoreTarget => ({ kind: 'time', at: moment, exclusive });
const choose = (target: RestoreTarget, label?: string) => chooseBase({ target, bases, archives: [archive], now, label });

function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof OpsError) return error.code;
    throw error;
  }
  return 'none';
}

describe('the base backup of a restore', () => {
  it('is the newest that stopped strictly before the target', () => {
    expect(choose(at(minute(40))).base.label).toBe('A');
    expect(choose(at(minute(51))).base.label).toBe('A');
    expect(choose(at('2026-11-23T00:51:00.000001Z')).base.label).toBe('B');
    expect(choose({ kind: 'latest' }).base.label).toBe('B');
  });

  it('is never one that stopped at or after the target, and never older than need be', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 0, max: 200 }), { minLength: 1, maxLength: 12 }),
        fc.integer({ min: 0, max: 300 }),
        (starts, moment) => {
          const many = starts.map((start, index) => makeBase(`L${index}`, { first: 2, minute: start }));
          const target = at(minute(moment));
          const fitting = many.filter((base) => base.stoppedAt < minute(moment));
          if (fitting.length === 0) {
            expect(codeOf(() => chooseBase({ target, bases: many, archives: [archive], now }))).toBe('RESTORE_TARGET_TOO_EARLY');
            return;
          }
          const { base } = chooseBase({ target, bases: many, archives: [archive], now });
          expect(base.stoppedAt < minute(moment)).toBe(true);
          expect(fitting.every((other) => other.stoppedAt <= base.stoppedAt)).toBe(true);
        },
      ),
    );
  });

  it('tells the earliest possible target', () => {
    try {
      choose(at(minute(11)));
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ code: 'RESTORE_TARGET_TOO_EARLY', details: { earliestAfter: minute(11) } });
    }
  });

  it('refuses the future, an unknown label, an empty repository and a named base that is too new', () => {
    expect(codeOf(() => choose(at(minute(1001))))).toBe('RESTORE_TARGET_IN_FUTURE');
    expect(codeOf(() => choose(at(minute(40)), 'C'))).toBe('RESTORE_BASE_UNKNOWN');
    expect(codeOf(() => choose(at(minute(40)), 'B'))).toBe('RESTORE_TARGET_TOO_EARLY');
    expect(codeOf(() => chooseBase({ target: { kind: 'latest' }, bases: [], archives: [], now }))).toBe('RESTORE_NOTHING_USABLE');
  });

  it('does not lie on a timeline that was left before it ended', () => {
    const switched = makeArchive({ 1: range(1, 9), 2: range(4, 8) }, [{ parent: 1, at: lsnIn(4), reason: 'no recovery target specified' }]);
    const { base } = chooseBase({ target: { kind: 'latest' }, bases, archives: [switched], now });
    expect(base.label).toBe('A');
    expect(codeOf(() => chooseBase({ target: { kind: 'latest' }, bases, archives: [switched], now, label: 'B' }))).toBe(
      'RESTORE_NOTHING_USABLE',
    );
  });
});

describe('the WAL of a restore', () => {
  const lost = (number: number) => ({ kind: 'commit', xid: 800, at: minute(45), lsn: lsnIn(number) }) as const;
  const wal = (segments: readonly number[], more: { target?: RestoreTarget; lostIn?: number; blind?: boolean } = {}) => {
    const held = makeArchive({ 1: segments });
    const target = more.target ?? at(minute(40));
    const position = more.blind ? undefined : { lastKept: undefined, firstLost: more.lostIn === undefined ? undefined : lost(more.lostIn) };
    return requiredWal({ base: bases[0] as (typeof bases)[0], archive: held, bases, target, position });
  };

  it('goes from the start of the base to the first transaction that is lost', () => {
    expect(wal(range(1, 9), { lostIn: 4 })).toEqual({ first: name(1, 2), last: name(1, 4), count: 3, isEndKnown: true });
  });

  it('does not mind a hole behind the target, and names one before it', () => {
    expect(wal([1, 2, 3, 4, 6, 7], { lostIn: 4 }).last).toBe(name(1, 4));
    expect(() => wal([1, 2, 3, 5, 6])).toThrow(name(1, 4));
    expect(codeOf(() => wal([1, 2, 3, 5, 6], { target: { kind: 'latest' } }))).toBe('RESTORE_WAL_MISSING');
  });

  it('without commit times refuses a hole unless a later base backup proves that the target lies before it', () => {
    expect(codeOf(() => wal([1, 2, 3, 5, 6], { blind: true }))).toBe('RESTORE_WAL_MISSING');
    expect(wal([1, 2, 3, 4, 5, 7, 8], { blind: true }).last).toBe(name(1, 5));
  });

  it('misses the very first segments too', () => {
    expect(() => wal(range(3, 9))).toThrow(name(1, 2));
  });

  it('ends before a target that nothing was committed after', () => {
    expect(codeOf(() => wal(range(1, 9)))).toBe('RESTORE_TARGET_BEYOND_ARCHIVE');
    expect(wal(range(1, 9), { blind: true })).toMatchObject({ last: name(1, 9), isEndKnown: false });
    expect(wal(range(1, 9), { target: { kind: 'latest' } })).toMatchObject({ last: name(1, 9), isEndKnown: false });
  });
});
