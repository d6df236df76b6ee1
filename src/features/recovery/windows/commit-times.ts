import type { Lsn } from '#kernel/lsn';
import { type Moment, parseMoment } from '#kernel/time';

/** The end of a transaction as the WAL tells it. Only these can stop a recovery that aims at a time. */
export interface TransactionEnd {
  kind: 'commit' | 'abort';
  xid: number;
  at: Moment;
  lsn: Lsn;
}

/**
 * Reads lines of `pg_waldump --rmgr=Transaction`:
 * `rmgr: Transaction len (rec/tot): 34/34, tx: 737, lsn: 0/03001EF8, prev 0/…, desc: COMMIT 2026-11-23 17:55:17.034406 UTC; …`.
 * The tool has to run with `TZ=UTC`. Assignments, invalidations and prepares carry no end and are left out.
 */
export function parseTransactionEnds(dump: string): TransactionEnd[] {
  return dump.split('\n').flatMap((line): TransactionEnd[] => {
    const match =
      /tx:\s+(\d+), lsn: ([0-9A-F]+\/[0-9A-F]+),.*desc: (COMMIT|ABORT)(?:_PREPARED (\d+):)? (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?) UTC/.exec(
        line,
      );
    if (!match) return [];
    const at = parseMoment(`${match[5]}Z`);
    if (typeof at !== 'string') return [];
    // A two-phase end is written by another transaction; the prepared one is the one that ends.
    const xid = Number(match[4] ?? match[1]);
    return [{ kind: match[3] === 'COMMIT' ? 'commit' : 'abort', xid, at, lsn: canonicalLsn(match[2] as string) }];
  });
}

/** `0/03001EF8` of pg_waldump → `0/3001EF8` of the server. */
function canonicalLsn(lsn: string): Lsn {
  return lsn.replace(/\/0+(?=[0-9A-F])/, '/');
}
