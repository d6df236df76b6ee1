import type { S3Operation, S3Request } from './s3-request.ts';

/** What happens to a request instead of the plain thing. "Request" is what the client sends, "answer" what the store says. */
export type Fault =
  /** The store answers with this error; nothing is forwarded. */
  | { kind: 'error'; status: number; code: string }
  /** 200 with an error inside, as S3 may answer a CompleteMultipartUpload or a copy; nothing is forwarded. */
  | { kind: 'error-in-200'; code?: string }
  /** TCP reset before the body of the request is read; nothing is forwarded. */
  | { kind: 'reset-before' }
  /** TCP reset after that many bytes of the request's body; nothing is forwarded. */
  | { kind: 'reset-in-request'; afterBytes: number }
  /** TCP reset when the whole request has been read; nothing is forwarded. */
  | { kind: 'reset-after-request' }
  /** Forwarded and done, but the connection is reset instead of the answer. */
  | { kind: 'lost-answer' }
  /** TCP reset after that many bytes of the answer's body. */
  | { kind: 'reset-in-answer'; afterBytes: number }
  /** The answer ends early; with `quietly` it also announces the shorter length, so only the content can tell. */
  | { kind: 'truncate'; atBytes: number; quietly?: boolean }
  /** One bit of that byte of the answer's body is wrong. */
  | { kind: 'flip-byte'; at: number }
  /** The answer is another object's, with a right length. */
  | { kind: 'wrong-object'; key: string }
  /** Everything happens, later. */
  | { kind: 'delay'; delayMs: number }
  /** The answer's body comes this slowly. */
  | { kind: 'trickle'; bytesPerSecond: number }
  /** The request is read and never answered. */
  | { kind: 'hang' }
  /** The answer begins and stops after that many bytes, and the connection stays. */
  | { kind: 'stall-in-answer'; afterBytes: number };

/** The errors that stores give most. */
export const storeErrors = {
  internalError: { kind: 'error', status: 500, code: 'InternalError' },
  slowDown: { kind: 'error', status: 503, code: 'SlowDown' },
  accessDenied: { kind: 'error', status: 403, code: 'AccessDenied' },
  noSuchKey: { kind: 'error', status: 404, code: 'NoSuchKey' },
  noSuchBucket: { kind: 'error', status: 404, code: 'NoSuchBucket' },
} as const satisfies Record<string, Fault>;

export interface RequestMatch {
  method?: string;
  operation?: S3Operation;
  /** Against the decoded key. */
  key?: RegExp;
  /** From which matching request on, counted from 1. */
  nth?: number;
  /** For how many of them: one when `nth` is given, else all. */
  times?: number;
}

export function matches(request: S3Request, match: RequestMatch): boolean {
  if (match.method !== undefined && match.method !== request.method) return false;
  if (match.operation !== undefined && match.operation !== request.operation) return false;
  return match.key === undefined || match.key.test(request.key);
}

/** A fault and when it strikes. Counts for itself. */
export class FaultRule {
  /** Requests that matched, and those that the fault struck. */
  seen = 0;
  struck = 0;
  readonly match: RequestMatch;
  readonly fault: Fault;

  constructor(match: RequestMatch, fault: Fault) {
    this.match = match;
    this.fault = fault;
  }

  /** Counts the request if it matches. @returns whether the fault is due for it */
  isDueFor(request: S3Request): boolean {
    if (!matches(request, this.match)) return false;
    this.seen += 1;
    const first = this.match.nth ?? 1;
    const times = this.match.times ?? (this.match.nth === undefined ? Number.POSITIVE_INFINITY : 1);
    return this.seen >= first && this.seen < first + times;
  }
}
