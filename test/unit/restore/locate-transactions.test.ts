import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { TransactionEnd } from '#features/recovery/windows/commit-times';
import { locateTransactions } from '#features/recovery/windows/locate-transactions';

/** Transactions of the given seconds, dealt out over segments in order. */
function makeSegments(sizes: readonly number[], step: number): TransactionEnd[][] {
  let xid = 700;
  return sizes.map((size) =>
    Array.from({ length: size }, () => {
      xid += 1;
      return {
        kind: 'commit',
        xid,
        at: new Date(Date.UTC(2026, 0, 1) + xid * step * 1000).toISOString().replace('Z', '000Z'),
        lsn: '0/0',
      } as const;
    }),
  );
}

it('finds the last transaction that is kept and the first that is lost, wherever nobody committed', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat({ max: 4 }), { maxLength: 40 }), fc.nat({ max: 200 }), async (sizes, cut) => {
      const segments = makeSegments(sizes, 10);
      const all = segments.flat();
      const moment = new Date(Date.UTC(2026, 0, 1) + (700 + cut) * 10_000 + 5000).toISOString().replace('Z', '000Z');
      const found = await locateTransactions(
        segments.length,
        async (index) => segments[index] ?? [],
        (end) => end.at > moment,
      );
      expect(found).toEqual({ lastKept: all.filter((end) => end.at <= moment).at(-1), firstLost: all.find((end) => end.at > moment) });
    }),
  );
});

it('reads few segments', async () => {
  const segments = makeSegments(new Array(4096).fill(3), 10);
  const seen = new Set<number>();
  await locateTransactions(
    4096,
    async (index) => {
      seen.add(index);
      return segments[index] ?? [];
    },
    (end) => end.xid > 5000,
  );
  expect(seen.size).toBeLessThan(16);
});
