import type { Progress, Reporter } from '#kernel/events';
import { formatBytes, formatDuration } from '#kernel/units';
import { paint, type Terminal } from './terminal.ts';

const redrawMs = 200;
const lineIntervalMs = 60_000;

export interface TerminalReporter extends Reporter {
  warnings: string[];
  /** Removes a bar that is still drawn. */
  finish(): void;
}

export interface Loudness {
  quiet: boolean;
  verbose: boolean;
}

/** A bar on a terminal; elsewhere one line a phase and at most one a minute after that; nothing with --quiet. */
export function createReporter(terminal: Terminal, loudness: Loudness, now: () => number = () => performance.now()): TerminalReporter {
  const { stderr } = terminal;
  const warnings: string[] = [];
  let phase = '';
  let phaseStart = 0;
  let lastShown = 0;
  let isDrawn = false;

  const clear = () => {
    if (isDrawn) stderr.write('\r\x1b[2K');
    isDrawn = false;
  };
  const say = (text: string) => {
    clear();
    stderr.write(`${text}\n`);
  };

  return {
    warnings,
    progress(progress) {
      if (loudness.quiet) return;
      const at = now();
      const isNewPhase = progress.phase !== phase;
      if (isNewPhase) {
        phase = progress.phase;
        phaseStart = at;
      }
      if (!isNewPhase && at - lastShown < (stderr.isTerminal ? redrawMs : lineIntervalMs)) return;
      lastShown = at;
      const line = progressLine(progress, at - phaseStart);
      if (!stderr.isTerminal) return say(line);
      stderr.write(`\r\x1b[2K${line.slice(0, stderr.width - 1)}`);
      isDrawn = true;
    },
    info(message) {
      if (!loudness.quiet) say(message);
    },
    warn(message) {
      warnings.push(message);
      say(`${paint(terminal, 'stderr', 'yellow', 'warning:')} ${message}`);
    },
    debug(message) {
      if (loudness.verbose) say(paint(terminal, 'stderr', 'dim', message));
    },
    finish: clear,
  };
}

/** An ETA only with a basis: a total, and two seconds of work to judge the rate by. */
export function progressLine(progress: Progress, elapsedMs: number): string {
  const amount = (value: number) => (progress.unit === 'bytes' ? formatBytes(value) : String(value));
  const { done, total } = progress;
  const count = total === undefined ? amount(done) : `${amount(done)} of ${amount(total)}`;
  const unit = progress.unit === 'bytes' || (done === 0 && total === undefined) ? '' : ` ${progress.unit}`;
  const share = total === undefined || total === 0 ? '' : ` (${Math.min(100, Math.floor((done / total) * 100))} %)`;
  const hasBasis = total !== undefined && done > 0 && done < total && elapsedMs > 2000;
  const eta = hasBasis ? `, about ${formatDuration((elapsedMs / done) * (total - done))} to go` : '';
  const detail = progress.detail === undefined ? '' : `  ${progress.detail}`;
  return `${progress.phase}: ${count}${unit}${share}${eta}${detail}`;
}
