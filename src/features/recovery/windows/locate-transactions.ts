import type { TransactionEnd } from './commit-times.ts';

/** The ends of transactions whose records begin in the segment of that index. */
export type EndsOf = (index: number) => Promise<readonly TransactionEnd[]>;

export interface Located {
  /** The last that is not past the target. */
  lastKept: TransactionEnd | undefined;
  /** The first that is. */
  firstLost: TransactionEnd | undefined;
}

/**
 * Finds the border between two transactions among `count` segments by halving: reads about log2(count) of them, and neighbours
 * where nobody committed. Commit times are taken for ascending; within a segment the first one past the target counts, as it
 * does for PostgreSQL.
 */
export async function locateTransactions(count: number, endsOf: EndsOf, isPast: (end: TransactionEnd) => boolean): Promise<Located> {
  let low = 0;
  let high = count;
  // Invariant: no end before `low` is past the target; the first that is lies before `high`, or nowhere.
  while (low < high) {
    const middle = low + Math.floor((high - low) / 2);
    const nearest = await nearestWithEnds(endsOf, middle, low);
    if (nearest === undefined) low = middle + 1;
    else if (nearest.ends.some(isPast)) high = nearest.index;
    else low = middle + 1;
  }
  const ends = low < count ? await endsOf(low) : [];
  const first = ends.findIndex(isPast);
  if (first > 0) return { lastKept: ends[first - 1], firstLost: ends[first] };
  const before = low === 0 ? undefined : await nearestWithEnds(endsOf, Math.min(low, count) - 1, 0);
  return { lastKept: before?.ends.at(-1), firstLost: ends[first] };
}

/** The last transaction that ended in them; reads from the end. */
export async function newestTransaction(count: number, endsOf: EndsOf): Promise<TransactionEnd | undefined> {
  return (await nearestWithEnds(endsOf, count - 1, 0))?.ends.at(-1);
}

/** Goes down from `from` to `to` until a segment in which a transaction ended. */
async function nearestWithEnds(
  endsOf: EndsOf,
  from: number,
  to: number,
): Promise<{ index: number; ends: readonly TransactionEnd[] } | undefined> {
  for (let index = from; index >= to; index -= 1) {
    const ends = await endsOf(index);
    if (ends.length > 0) return { index, ends };
  }
  return undefined;
}
