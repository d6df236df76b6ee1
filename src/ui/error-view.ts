import type { OpsError } from '#kernel/errors';
import { paint, type Terminal } from './terminal.ts';

/** What was tried and what happened → why → what to do; the last is what the eye falls on. */
export function renderError(error: OpsError, terminal: Terminal, verbose: boolean): string {
  const head = `${paint(terminal, 'stderr', 'red', 'error:')} ${error.message}  ${paint(terminal, 'stderr', 'dim', `[${error.code}]`)}`;
  const why = error.detail === undefined ? [] : error.detail.split('\n').map((line) => `  ${line}`);
  const causes = verbose ? causeChain(error.cause).map((cause) => `  cause: ${cause}`) : [];
  const steps = error.nextSteps.map((step, index) => `  ${index === 0 ? 'next:' : '     '} ${step}`);
  const more = `  more: \`copilot-db explain ${error.code}\``;
  return [head, ...why, ...causes, ...steps, more].join('\n');
}

function causeChain(cause: unknown): string[] {
  if (!(cause instanceof Error)) return [];
  return [(cause.message.split('\n')[0] ?? '').slice(0, 500), ...causeChain(cause.cause)];
}
