import { join, relative } from 'node:path';
import { OpsError } from '#kernel/errors';
import type { Reporter } from '#kernel/events';
import { runChild } from '#platform/child';
import { nodeProgram } from '#platform/node-program';
import type { OsUser } from '#platform/os-user';

/** Where the tour plays: it says what happens and runs the real commands, each as a process of its own. */
export interface Stage {
  chapter(title: string): void;
  say(...lines: readonly string[]): void;
  /** A path as an operator would type it: relative where that is shorter and means the same. */
  path(absolute: string): string;
  /** Shows the command line, runs it, shows what it said. @returns how long it took @throws TOUR_STEP_FAILED */
  command(args: readonly string[], options?: { expect?: readonly number[]; as?: OsUser }): Promise<{ durationMs: number }>;
}

export interface StageOptions {
  home: string;
  cwd: string;
  env: Readonly<Record<string, string | undefined>>;
  /** Who the commands run as; undefined is whoever runs the tour. */
  user: OsUser | undefined;
  /** Instead of the operator's own, where `user` cannot write to that. */
  stateDir: string | undefined;
  reporter: Reporter;
  signal: AbortSignal;
}

export function openStage(options: StageOptions): Stage {
  const { home, cwd, reporter, signal } = options;
  const program = join(home, 'bin', 'copilot-db.mjs');
  let number = 0;
  return {
    chapter(title) {
      number += 1;
      reporter.info(`\n── ${number}. ${title} ${'─'.repeat(Math.max(3, 72 - title.length))}`);
    },
    say(...lines) {
      for (const line of lines) reporter.info(line);
    },
    path(absolute) {
      const short = relative(cwd, absolute);
      return options.user !== undefined || short === '' || short.startsWith('..') ? absolute : short;
    },
    async command(args, { expect = [0], as } = {}) {
      reporter.info(`\n$ copilot-db ${args.map(shellWord).join(' ')}`);
      const startedAt = performance.now();
      const user = as ?? options.user;
      const exit = await runChild(nodeProgram(), [program, ...args], {
        cwd,
        env: commandEnvironment(options.env, as === undefined ? options.stateDir : undefined),
        user,
        signal,
      });
      const durationMs = Math.round(performance.now() - startedAt);
      for (const line of outputLines(exit.stderrTail, exit.stdout.toString('utf8'))) reporter.info(`  ${line}`);
      if (exit.code !== 0) reporter.info(`  (exit ${exit.code ?? exit.signal})`);
      if (exit.code !== null && expect.includes(exit.code)) return { durationMs };
      throw new OpsError('TOUR_STEP_FAILED', {
        message: `\`copilot-db ${args.slice(0, 2).join(' ')}\` ended with ${exit.code ?? exit.signal} instead of ${expect.join(' or ')}`,
        detail: exit.stderrTail.slice(Math.max(0, exit.stderrTail.lastIndexOf('error: '))),
        details: { command: args.join(' '), exitCode: exit.code, expected: [...expect] },
      });
    },
  };
}

/** The operator's environment without the tool's own variables, which would change what the commands do; output as on a terminal. */
function commandEnvironment(env: StageOptions['env'], stateDir: string | undefined): Record<string, string | undefined> {
  const kept = Object.entries(env).filter(([name]) => !name.startsWith('COPILOT_DB_') || name === 'COPILOT_DB_STATE_DIR');
  return {
    ...Object.fromEntries(kept),
    NO_COLOR: '1',
    COPILOT_DB_FORMAT: 'human',
    ...(stateDir === undefined ? {} : { COPILOT_DB_STATE_DIR: stateDir }),
  };
}

/** As on a terminal: remarks and plan first, the result after them. */
function outputLines(stderr: string, stdout: string): string[] {
  return [stderr, stdout].flatMap((text) => (text.trim() === '' ? [] : text.trimEnd().split('\n')));
}

/** So that the line can be pasted. */
export function shellWord(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
