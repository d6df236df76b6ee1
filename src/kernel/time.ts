/** A moment as RFC 3339 UTC text with microseconds, `2026-11-23T17:55:17.034406Z`: sortable, exact, JSON. */
export type Moment = string;

/** Where "now" comes from; tests hand in their own. */
export interface Clock {
  now(): Moment;
}

export const systemClock: Clock = { now: () => fromEpochMs(Date.now()) };

export function fromEpochMs(epochMs: number): Moment {
  return fromEpochMicros(BigInt(Math.trunc(epochMs)) * 1000n);
}

/** Microseconds since 1970, as PostgreSQL's commit times have them. */
export function fromEpochMicros(epochMicros: bigint): Moment {
  const millis = epochMicros / 1000n - (epochMicros % 1000n < 0n ? 1n : 0n);
  const micros = (epochMicros - millis * 1000n).toString().padStart(3, '0');
  return new Date(Number(millis)).toISOString().replace('Z', `${micros}Z`);
}

export function toEpochMs(moment: Moment): number {
  return Number(toEpochMicros(moment) / 1000n);
}

export function toEpochMicros(moment: Moment): bigint {
  const parsed = readMoment(moment);
  if (parsed === undefined) throw new RangeError(`not a moment: ${moment}`);
  return parsed;
}

/** b - a in milliseconds. */
export function elapsedMs(a: Moment, b: Moment): number {
  return toEpochMs(b) - toEpochMs(a);
}

export type MomentProblem = 'naive' | 'zone-name' | 'not-a-time' | 'too-precise';

const naive = /^\d{4}-\d\d-\d\d([Tt ]\d\d:\d\d(:\d\d(\.\d+)?)?)?$/;
const zoneName = /^\d{4}-\d\d-\d\d.*[A-Za-z]{2,}/;

/**
 * Reads what an operator typed. An offset (`Z`, `+02`, `+02:00`) is required, because a naive time means another moment on
 * another host; zone abbreviations are ambiguous; more than microseconds cannot be compared with a commit.
 */
export function parseMoment(text: string): Moment | { problem: MomentProblem } {
  const typed = text.trim();
  const micros = readMoment(typed);
  if (micros !== undefined) return fromEpochMicros(micros);
  if (/:\d\d\.\d{7,}/.test(typed)) return { problem: 'too-precise' };
  if (naive.test(typed)) return { problem: 'naive' };
  return { problem: zoneName.test(typed) ? 'zone-name' : 'not-a-time' };
}

const pattern = /^(\d{4}-\d\d-\d\d)[Tt ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,6}))?)?(?:([Zz])|([+-])(\d\d)(?::?(\d\d))?)$/;

/** Microseconds since 1970; undefined for what is no moment, such as 30 February, 24:00 or second 60. */
function readMoment(text: string): bigint | undefined {
  const match = pattern.exec(text);
  if (!match) return undefined;
  const [, day, hour, minute, second = '00', fraction = '', , sign, offsetHour = '00', offsetMinute = '00'] = match;
  const utc = new Date(`${day}T${hour}:${minute}:${second}Z`);
  // Date turns 30 February into 2 March; a day that comes back changed never was.
  if (Number.isNaN(utc.getTime()) || !utc.toISOString().startsWith(`${day}T${hour}`)) return undefined;
  if (Number(offsetHour) > 15 || Number(offsetMinute) > 59) return undefined;
  const offsetMs = (sign === '-' ? -1 : 1) * (Number(offsetHour) * 60 + Number(offsetMinute)) * 60_000;
  return BigInt(utc.getTime() - offsetMs) * 1000n + BigInt(fraction.padEnd(6, '0'));
}
