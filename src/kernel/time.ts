import { Temporal } from 'temporal-polyfill';

/** A moment as RFC 3339 UTC text with microseconds, `2026-11-23T17:55:17.034406Z`: sortable, exact, JSON. */
export type Moment = string;

/** Where "now" comes from; tests hand in their own. */
export interface Clock {
  now(): Moment;
}

export const systemClock: Clock = { now: () => fromEpochMs(Date.now()) };

export function fromEpochMs(epochMs: number): Moment {
  return formatInstant(Temporal.Instant.fromEpochMilliseconds(epochMs));
}

/** Microseconds since 1970. */
export function fromEpochMicros(epochMicros: bigint): Moment {
  return formatInstant(Temporal.Instant.fromEpochNanoseconds(epochMicros * 1000n));
}

export function toEpochMs(moment: Moment): number {
  return Temporal.Instant.from(moment).epochMilliseconds;
}

export function toEpochMicros(moment: Moment): bigint {
  return Temporal.Instant.from(moment).epochNanoseconds / 1000n;
}

/** b - a in milliseconds. */
export function elapsedMs(a: Moment, b: Moment): number {
  return toEpochMs(b) - toEpochMs(a);
}

export type MomentProblem = 'naive' | 'zone-name' | 'not-a-time' | 'too-precise';

/**
 * Reads what an operator typed. An offset (`Z`, `+02:00`) is required, because a naive time means another moment on
 * another host; zone abbreviations are ambiguous; more than microseconds cannot be compared with a commit.
 */
export function parseMoment(text: string): Moment | { problem: MomentProblem } {
  const iso = text.trim().replace(/^(\d{4}-\d\d-\d\d)[ t]/, '$1T').replace(/([+-]\d\d)$/, '$1:00').replace(/z$/, 'Z');
  if (/\.\d{7,}/.test(iso)) return { problem: 'too-precise' };
  try {
    return formatInstant(Temporal.Instant.from(iso));
  } catch {
    if (/^\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d(\.\d+)?)?)?$/.test(iso)) return { problem: 'naive' };
    if (/^\d{4}-\d\d-\d\d.*[A-Za-z]{2,}/.test(text.trim())) return { problem: 'zone-name' };
    return { problem: 'not-a-time' };
  }
}

function formatInstant(instant: Temporal.Instant): Moment {
  return instant.toString({ smallestUnit: 'microsecond', roundingMode: 'trunc' });
}
