import type { Readable, Writable } from 'node:stream';
import type { CommandSpec } from '#commands/command';
import { exitCodes } from '#kernel/exit-codes';
import type { Terminal } from '#ui/terminal';
import type { Surroundings } from './context.ts';
import { type ParsedCommand, parseCommandLine } from './program.ts';

export interface CliOptions extends Surroundings {
  argv: readonly string[];
  specs: readonly CommandSpec[];
  terminal: Terminal;
  /** For questions; used only when the terminal can ask. */
  streams: { input: Readable; output: Writable };
  isRoot: boolean;
  actor: string;
}

/** A command line that is understood, or why it is not. */
export type Asked = ParsedCommand | { kind: 'misspelt'; error: unknown };

/**
 * One command line from its words to its exit code. stdout gets one result, everything else goes to stderr. Never throws.
 * Help and version are answered here; what a command needs is loaded only when there is one.
 */
export async function runCli(options: CliOptions): Promise<number> {
  const startedAt = options.clock.now();
  const asked = understand(options);
  if (asked.kind === 'text') {
    options.terminal.stdout.write(`${asked.text}\n`);
    return exitCodes.ok;
  }
  const { answer } = await import('./answer.ts');
  return answer(asked, startedAt, options);
}

function understand(options: CliOptions): Asked | { kind: 'text'; text: string } {
  try {
    return parseCommandLine(options.argv, options);
  } catch (error) {
    return { kind: 'misspelt', error };
  }
}
