import { toEpochMs } from '#kernel/time';
import type { RestorableRange, Window } from './windows.ts';

/** When each base backup stopped, by label: where the dots go. */
export type BaseTimes = ReadonlyMap<string, string>;

/**
 * The windows on one line of time, with their gaps, and a line of words for each. Pure text of at most `width` columns in the drawing:
 *
 *     2026-11-20 02:00                                2026-11-23 17:55 UTC
 *     ├────●───────●──────┤          ├●──────────────────────────────────┤
 */
export function drawWindows(range: RestorableRange, bases: BaseTimes, width = 72): string[] {
  const { windows, gaps } = range;
  const first = windows[0];
  if (!first) return ['nothing can be restored: no base backup has all the WAL it needs', ...strandedLines(range)];
  const start = toEpochMs(first.from);
  const span = Math.max(1, toEpochMs((windows.at(-1) as Window).to) - start);
  const columnOf = (moment: string) => Math.round(((toEpochMs(moment) - start) / span) * (width - 1));
  return [
    scale(first.from, (windows.at(-1) as Window).to, width),
    drawBar(windows, bases, columnOf, width),
    ...windows.map(wordsFor),
    ...gaps.map((gap) => `missing ${gap.firstMissing}${gap.count > 1 ? ` to ${gap.lastMissing}` : ''} (${count(gap.count, 'segment')})`),
    ...strandedLines(range),
  ];
}

function drawBar(windows: readonly Window[], bases: BaseTimes, columnOf: (moment: string) => number, width: number): string {
  const cells = new Array<string>(width).fill(' ');
  let free = 0;
  for (const window of windows) {
    // Two windows never touch in the picture: what is missing between them has to be seen.
    const from = Math.min(Math.max(columnOf(window.from), free), width - 1);
    const to = Math.max(from, Math.min(columnOf(window.to), width - 1));
    for (let column = from; column <= to; column += 1) cells[column] = '─';
    cells[from] = '├';
    cells[to] = window.isEndExact ? '┤' : '╌';
    for (const label of window.bases) {
      const stopped = bases.get(label);
      if (stopped !== undefined) cells[Math.min(Math.max(columnOf(stopped), from), to)] = '●';
    }
    free = to + 2;
  }
  return cells.join('').trimEnd();
}

function wordsFor(window: Window): string {
  const end = window.isEndExact ? `to ${window.to}` : `to at least ${window.to}`;
  return `after ${window.from} ${end}, timeline ${window.timeline}, ${count(window.bases.length, 'base backup')} ●`;
}

function strandedLines(range: RestorableRange): string[] {
  return range.stranded.length === 0 ? [] : [`without use: ${range.stranded.join(', ')} (WAL missing, or on an abandoned timeline)`];
}

function scale(from: string, to: string, width: number): string {
  const left = shortTime(from);
  const right = `${shortTime(to)} UTC`;
  return left + right.padStart(width - left.length);
}

function shortTime(moment: string): string {
  return moment.slice(0, 16).replace('T', ' ');
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
