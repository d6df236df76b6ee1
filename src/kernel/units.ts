import prettyBytes from 'pretty-bytes';
import prettyMilliseconds from 'pretty-ms';

const durationUnits: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const byteUnits: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1000,
  MB: 1000 ** 2,
  GB: 1000 ** 3,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
};

/** "90s", "15m", "1h30m" → milliseconds; undefined when it is no duration. A unit is required: a bare number is a guess. */
export function parseDuration(text: string): number | undefined {
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/gy)];
  const matched = parts.map(([part]) => part).join('');
  if (matched === '' || matched !== text) return undefined;
  return parts.reduce((sum, [, amount, unit]) => sum + Number(amount) * (durationUnits[unit as string] as number), 0);
}

/** "64MiB", "10GB", "512B" → bytes; undefined when it is no size. */
export function parseBytes(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(B|kB|MB|GB|KiB|MiB|GiB)$/.exec(text);
  if (!match) return undefined;
  return Math.round(Number(match[1]) * (byteUnits[match[2] as string] as number));
}

/** 1536 → "1.5 KiB". For people; machines get the integer. */
export function formatBytes(bytes: number): string {
  return prettyBytes(bytes, { binary: true, maximumFractionDigits: 1 });
}

/** 90500 → "1m 30.5s". For people; machines get the integer. */
export function formatDuration(durationMs: number): string {
  return prettyMilliseconds(durationMs, durationMs < 1000 ? {} : { unitCount: 2, secondsDecimalDigits: 1 });
}
