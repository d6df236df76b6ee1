import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareWithHistory } from '#features/migrations/compare';
import type { HistoryEntry } from '#features/migrations/history';
import { planDown, planUp } from '#features/migrations/plan-migrations';
import type { Migration } from '#features/migrations/read-migrations';

const fileOf = (version: number, checksum = `c${version}`): Migration => ({
  version,
  name: `n${version}`,
  up: { path: `V${version}`, text: '', checksum },
});

const entryOf = (version: number, extra: Partial<HistoryEntry> = {}): HistoryEntry => ({
  version,
  name: `n${version}`,
  checksum: `c${version}`,
  success: true,
  appliedAt: '2026-01-01T00:00:00.000000Z',
  executionTimeMs: 1,
  rollbackSql: null,
  ...extra,
});

const compare = (files: readonly Migration[], entries: readonly HistoryEntry[]) => compareWithHistory(files, { entries, failures: [] });
const versions = (list: readonly { version: number }[]): number[] => list.map(({ version }) => version);
const codeOf = (act: () => unknown): unknown => {
  try {
    act();
    return undefined;
  } catch (error) {
    return (error as { code: unknown }).code;
  }
};

const anyVersions = fc
  .uniqueArray(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 12 })
  .map((list) => list.sort((a, b) => a - b));

describe('planning migrations', () => {
  it('goes on where it stopped: some steps and then the rest is all of it, in order', () => {
    fc.assert(
      fc.property(anyVersions, fc.nat(12), fc.integer({ min: 1, max: 12 }), (all, applied, steps) => {
        const files = all.map((version) => fileOf(version));
        const before = all.slice(0, applied).map((version) => entryOf(version));
        const first = planUp(compare(files, before), { steps });
        const then = planUp(compare(files, [...before, ...first.map(({ version }) => entryOf(version))]), {});
        expect(versions([...first, ...then])).toEqual(all.slice(applied));
        expect(first.length).toBeLessThanOrEqual(steps);
      }),
    );
  });

  it('comes down to where it was: down to a version undoes exactly what up from it did, the other way round', () => {
    fc.assert(
      fc.property(anyVersions, fc.nat(11), (all, place) => {
        const files = all.map((version) => fileOf(version));
        const target = all[place % all.length] as number;
        const at = all.indexOf(target) + 1;
        const up = planUp(
          compare(
            files,
            all.slice(0, at).map((version) => entryOf(version)),
          ),
          {},
        );
        const down = planDown(
          compare(
            files,
            all.map((version) => entryOf(version)),
          ),
          { to: target },
        );
        expect(versions(down)).toEqual(versions(up).reverse());
        expect(
          versions(
            planDown(
              compare(
                files,
                all.map((version) => entryOf(version)),
              ),
              { to: 0 },
            ),
          ),
        ).toEqual([...all].reverse());
      }),
    );
  });

  it('stops at the version it is told, and takes one step down unless told otherwise', () => {
    const files = [1, 2, 5, 9].map((version) => fileOf(version));
    expect(versions(planUp(compare(files, [entryOf(1)]), { to: 5 }))).toEqual([2, 5]);
    expect(versions(planUp(compare(files, [entryOf(1), entryOf(2)]), { to: 1 }))).toEqual([]);
    expect(versions(planDown(compare(files, [entryOf(1), entryOf(2)]), {}))).toEqual([2]);
    expect(versions(planDown(compare(files, [entryOf(1), entryOf(2)]), { steps: 5 }))).toEqual([2, 1]);
    expect(versions(planDown(compare(files, []), {}))).toEqual([]);
  });

  it.each([
    ['an edited file', 'MIGRATION_CHANGED', () => planUp(compare([fileOf(1, 'other'), fileOf(2)], [entryOf(1)]), {})],
    ['an applied version without a file', 'MIGRATION_FILE_MISSING', () => planUp(compare([fileOf(2)], [entryOf(1)]), {})],
    ['a late one', 'MIGRATION_OUT_OF_ORDER', () => planUp(compare([fileOf(1), fileOf(2)], [entryOf(2)]), {})],
    ['a target that is no file', 'MIGRATION_UNKNOWN_VERSION', () => planUp(compare([fileOf(1)], []), { to: 3 })],
    [
      'a target that was not applied',
      'MIGRATION_UNKNOWN_VERSION',
      () => planDown(compare([fileOf(1), fileOf(2)], [entryOf(2)]), { to: 1 }),
    ],
  ])('refuses %s', (_name, code, act) => {
    expect(codeOf(act)).toBe(code);
  });

  it('runs again what was not seen to end, also edited, and takes it back', () => {
    const compared = compare([fileOf(1), fileOf(2, 'mended')], [entryOf(1), entryOf(2, { success: false })]);
    expect(compared.map(({ state }) => state)).toEqual(['applied', 'incomplete']);
    expect(versions(planUp(compared, {}))).toEqual([2]);
    expect(versions(planDown(compared, {}))).toEqual([2]);
  });

  it('comes down also from edited and missing files', () => {
    const compared = compare([fileOf(1, 'other')], [entryOf(1), entryOf(2)]);
    expect(compared.map(({ state }) => state)).toEqual(['changed', 'missing']);
    expect(versions(planDown(compared, { to: 0 }))).toEqual([2, 1]);
  });
});
