import type { Readable, Writable } from 'node:stream';
import type { CommandSpec } from '#commands/command';
import type { OpsError } from '#kernel/errors';
import { type ExitName, exitCodes } from '#kernel/exit-codes';
import { newRunId } from '#kernel/run-id';
import { elapsedMs } from '#kernel/time';
import { type EnvelopeMeta, failureEnvelope, successEnvelope } from '#ui/envelope';
import { renderError } from '#ui/error-view';
import { createReporter, type TerminalReporter } from '#ui/progress';
import type { Format } from '#ui/render';
import type { Terminal } from '#ui/terminal';
import type { Surroundings } from './context.ts';
import { toOpsError } from './failure.ts';
import type { GlobalInput } from './global-options.ts';
import { type Parsed, parseCommandLine } from './program.ts';

export interface CliOptions extends Surroundings {
  argv: readonly string[];
  specs: readonly CommandSpec[];
  terminal: Terminal;
  /** For questions; used only when the terminal can ask. */
  streams: { input: Readable; output: Writable };
  isRoot: boolean;
  actor: string;
}

/** One command line from its words to its exit code. stdout gets one result, everything else goes to stderr. Never throws. */
export async function runCli(options: CliOptions): Promise<number> {
  const startedAt = options.clock.now();
  const runId = newRunId(startedAt);
  const meta = (): EnvelopeMeta => ({
    runId,
    version: options.version,
    startedAt,
    durationMs: elapsedMs(startedAt, options.clock.now()),
    maxRssBytes: process.resourceUsage().maxRSS * 1024,
  });
  let parsed: Parsed | undefined;
  let reporter = createReporter(options.terminal, { quiet: false, verbose: false });
  try {
    parsed = parseCommandLine(options.argv, options);
    if (parsed.kind === 'text') {
      options.terminal.stdout.write(`${parsed.text}\n`);
      return exitCodes.ok;
    }
    const global = parsed.global as GlobalInput;
    reporter = createReporter(options.terminal, { quiet: global.quiet === true, verbose: global.verbose === true });
    const { invoke } = await import('./invoke.ts');
    const { module, data } = await invoke({ ...parsed, global, options, reporter, runId });
    reporter.finish();
    if (data === undefined) return exitCodes.ok;
    const format = formatOf(global);
    const { renderView } = await import('#ui/render');
    const text =
      format === 'json'
        ? successEnvelope(parsed.spec.result, module.result.parse(data), reporter.warnings, meta())
        : renderView(module.view(data as never), format, options.terminal.stdout.isTerminal || global.format === 'human');
    if (text !== '') options.terminal.stdout.write(`${text}\n`);
    return exitCodes[module.exit?.(data as never) ?? 'ok'];
  } catch (thrown) {
    reporter.finish();
    const { error, exit } = await toOpsError(thrown, options, runId);
    return fail(error, exit, parsed, options, reporter, meta());
  }
}

function fail(
  error: OpsError,
  exit: ExitName,
  parsed: Parsed | undefined,
  options: CliOptions,
  reporter: TerminalReporter,
  meta: EnvelopeMeta,
): number {
  const isVerbose = parsed?.kind === 'command' && (parsed.global as GlobalInput).verbose === true;
  options.terminal.stderr.write(`${renderError(error, options.terminal, isVerbose)}\n`);
  const wantsJson = parsed?.kind === 'command' ? formatOf(parsed.global as GlobalInput) === 'json' : asksForJson(options.argv);
  if (wantsJson) {
    const schema = parsed?.kind === 'command' ? parsed.spec.result : 'error/1';
    options.terminal.stdout.write(`${failureEnvelope(schema, error, exit, reporter.warnings, meta)}\n`);
  }
  return exitCodes[exit];
}

function formatOf(global: GlobalInput): Format {
  return global.json ? 'json' : (global.format ?? 'human');
}

/** A command line that cannot be parsed still has to answer in the form its caller reads. */
function asksForJson(argv: readonly string[]): boolean {
  return argv.includes('--json') || argv.includes('--format=json') || argv[argv.indexOf('--format') + 1] === 'json';
}
