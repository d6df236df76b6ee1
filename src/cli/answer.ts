import type { OpsError } from '#kernel/errors';
import { type ExitName, exitCodes } from '#kernel/exit-codes';
import { newRunId } from '#kernel/run-id';
import { elapsedMs, type Moment } from '#kernel/time';
import { type EnvelopeMeta, failureEnvelope, successEnvelope } from '#ui/envelope';
import { renderError } from '#ui/error-view';
import { createReporter } from '#ui/progress';
import { type Format, renderView } from '#ui/render';
import { toOpsError } from './failure.ts';
import type { GlobalInput } from './global-options.ts';
import { invoke } from './invoke.ts';
import type { Asked, CliOptions } from './run-cli.ts';

/** Runs the command and tells its result or its failure in the form that was asked for. @returns the exit code */
export async function answer(asked: Asked, startedAt: Moment, options: CliOptions): Promise<number> {
  const runId = newRunId(startedAt);
  const global: GlobalInput = asked.kind === 'command' ? asked.global : { json: asksForJson(options.argv) };
  const reporter = createReporter(options.terminal, { quiet: global.quiet === true, verbose: global.verbose === true });
  const meta = (): EnvelopeMeta => ({
    runId,
    version: options.version,
    startedAt,
    durationMs: elapsedMs(startedAt, options.clock.now()),
    maxRssBytes: process.resourceUsage().maxRSS * 1024,
  });
  const tell = (text: string) => text !== '' && options.terminal.stdout.write(`${text}\n`);
  const format = formatOf(global);
  const schema = asked.kind === 'command' ? asked.spec.result : 'error/1';
  const fail = (error: OpsError, exit: ExitName): number => {
    options.terminal.stderr.write(`${renderError(error, options.terminal, global.verbose === true)}\n`);
    if (format === 'json') tell(failureEnvelope(schema, error, exit, reporter.warnings, meta()));
    return exitCodes[exit];
  };
  try {
    if (asked.kind === 'misspelt') throw asked.error;
    const { module, data } = await invoke({ ...asked, options, reporter, runId });
    reporter.finish();
    if (data === undefined) return exitCodes.ok;
    const isWide = options.terminal.stdout.isTerminal || global.format === 'human';
    if (format === 'json') tell(successEnvelope(schema, module.result.parse(data), reporter.warnings, meta()));
    else tell(renderView(module.view(data as never), format, isWide));
    return exitCodes[module.exit?.(data as never) ?? 'ok'];
  } catch (thrown) {
    reporter.finish();
    const { error, exit } = await toOpsError(thrown, options, runId);
    return fail(error, exit);
  }
}

function formatOf(global: GlobalInput): Format {
  return global.json ? 'json' : (global.format ?? 'human');
}

/** A command line that cannot be parsed still has to answer in the form its caller reads. */
function asksForJson(argv: readonly string[]): boolean {
  return argv.includes('--json') || argv.includes('--format=json') || argv[argv.indexOf('--format') + 1] === 'json';
}
