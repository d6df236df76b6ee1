import { PassThrough } from 'node:stream';
import { runCli } from '#cli/run-cli';
import type { CommandSpec } from '#commands/command';
import { commandSpecs } from '#commands/index';
import { systemClock } from '#kernel/time';
import type { Output, Terminal } from '#ui/terminal';

export interface CliOutcome {
  code: number;
  stdout: string;
  stderr: string;
}

export interface CliSetting {
  specs?: readonly CommandSpec[];
  env?: Record<string, string | undefined>;
  cwd?: string;
  /** Where the program lives; the checkout unless given. */
  home?: string;
  signal?: AbortSignal;
  /** stdout and stderr are terminals; there still is nobody to answer. */
  isTerminal?: boolean;
  stateDirectory: string;
}

/** Runs a command line in this process, as main does, on a terminal made of strings. */
export async function runCommandLine(argv: readonly string[], setting: CliSetting): Promise<CliOutcome> {
  const written = { stdout: '', stderr: '' };
  const output = (stream: 'stdout' | 'stderr'): Output => ({
    write: (text) => {
      written[stream] += text;
    },
    isTerminal: setting.isTerminal === true,
    width: 120,
  });
  const terminal: Terminal = {
    stdout: output('stdout'),
    stderr: output('stderr'),
    canAsk: false,
    colour: { stdout: false, stderr: false },
  };
  const code = await runCli({
    argv,
    specs: setting.specs ?? commandSpecs,
    env: { COPILOT_DB_STATE_DIR: setting.stateDirectory, PATH: process.env.PATH, ...setting.env },
    cwd: setting.cwd ?? setting.stateDirectory,
    home: setting.home ?? process.cwd(),
    version: '0.0.0-test',
    clock: systemClock,
    signal: setting.signal ?? new AbortController().signal,
    terminal,
    streams: { input: new PassThrough(), output: new PassThrough() },
    isRoot: false,
    actor: 'tester',
  });
  return { code, ...written };
}
