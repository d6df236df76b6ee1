import { type ChangeModule, type CommandContext, type CommandModule, type CommandSpec, isChangeModule } from '#commands/command';
import { loadConfig } from '#config/load';
import { locateConfig } from '#config/locate';
import { OpsError } from '#kernel/errors';
import type { Plan } from '#kernel/plan';
import { runChange } from '#operations/run';
import { stateDir } from '#operations/state-dir';
import type { TerminalReporter } from '#ui/progress';
import { askFor, openAsker } from './ask.ts';
import { openContext, requireSections } from './context.ts';
import type { GlobalInput } from './global-options.ts';
import { takeLock } from './locks.ts';
import { dangerFor, readPlanHash, showPlan, writePlan } from './plan-file.ts';
import type { CliOptions } from './run-cli.ts';
import { Stop, stopReason } from './stop.ts';

interface Invocation {
  spec: CommandSpec;
  input: Record<string, unknown>;
  global: GlobalInput;
  options: CliOptions;
  reporter: TerminalReporter;
  runId: string;
}

/** Configuration, context, then the command itself. @returns no data when the plan was all that was wanted */
export async function invoke(invocation: Invocation): Promise<{ module: CommandModule; data: unknown }> {
  const { spec, global, options, reporter, runId } = invocation;
  refuseMisplacedOptions(spec, global);
  const needsConfig = spec.policy.config.length > 0;
  const place = needsConfig ? await locateConfig({ flag: global.config, env: options.env, cwd: options.cwd }) : undefined;
  const loaded = await loadConfig({ path: place?.path, env: needsConfig ? options.env : {} }).catch((error) => {
    // A command that needs nothing of the configuration does not fail by it.
    if (needsConfig) throw error;
    return { config: {}, origins: new Map<string, string>() };
  });
  if (needsConfig) requireSections(spec, loaded.config, place?.path);
  using deadline = openDeadline(options.signal, global.timeout);
  const { signal } = deadline;
  await using opened = openContext({
    spec,
    input: invocation.input,
    loaded,
    configPath: place?.path,
    configFlag: global.config,
    stateDirectory: stateDir(options.env, options.isRoot),
    surroundings: options,
    signal,
    reporter,
    runId,
  });
  const { context } = opened;
  const module = await spec.load();
  await answerQuestions(module, context, options);
  if (!isChangeModule(module)) return { module, data: await module.run(context as CommandContext<never>) };
  return { module, data: await change(invocation, module, context) };
}

async function change(invocation: Invocation, module: ChangeModule, context: CommandContext): Promise<unknown> {
  const { spec, global, options, reporter, runId } = invocation;
  const command = spec.path.join(' ');
  const isTsvOrJson = global.json === true || (global.format ?? 'human') !== 'human';
  if (global.dryRun || global.planOut !== undefined) {
    const plan = await module.plan(context as CommandContext<never>);
    if (global.planOut !== undefined) {
      await writePlan(global.planOut, command, plan);
      reporter.info(`the plan is in ${global.planOut}; the same command with --plan instead of --plan-out executes exactly it`);
    }
    showPlan(command, plan, dangerFor(spec, plan), options.terminal, isTsvOrJson ? 'json' : 'stdout');
    return undefined;
  }
  const expectedHash = global.plan === undefined ? undefined : await readPlanHash(global.plan, command);
  return runChange<unknown>(
    {
      command,
      target: context.config.cluster ?? context.cwd,
      danger: spec.policy.danger,
      plan: () => module.plan(context as CommandContext<never>),
      execute: (plan: Plan, tools) =>
        module.execute(
          { ...context, input: context.input as never, journal: tools, assertLocked: tools.assertLocked },
          plan as Plan<never>,
        ),
      lock: spec.policy.lock ? () => takeLock(spec, context, global.lockWait ?? 0) : undefined,
    },
    {
      runId,
      actor: options.actor,
      stateDirectory: context.stateDirectory,
      clock: options.clock,
      reporter,
      consent: { yes: global.yes === true, confirm: global.confirm, plannedBefore: expectedHash !== undefined },
      ask: openAsker(options, context.signal),
      show: (plan) => {
        if (!global.quiet) showPlan(command, plan, dangerFor(spec, plan), options.terminal, 'stderr');
      },
      expectedHash,
      // A run that was told to stop connects to nothing any more; its line in audit.jsonl is enough.
      auditClient: async () => (context.config.postgres && !context.signal.aborted ? context.postgres().catch(() => undefined) : undefined),
      told: (error) => (stopReason(context.signal) ?? stopReason(error))?.error ?? error,
    },
  );
}

async function answerQuestions(module: CommandModule, context: CommandContext, options: CliOptions): Promise<void> {
  const input = context.input as Record<string, unknown>;
  for (
    let question = await module.question?.(context as CommandContext<never>);
    question;
    question = await module.question?.(context as CommandContext<never>)
  ) {
    input[question.input] = await askFor(question, options, context.signal);
  }
}

function refuseMisplacedOptions(spec: CommandSpec, global: GlobalInput): void {
  if (spec.policy.effect === 'change') return;
  const misplaced = (['dryRun', 'planOut', 'plan'] as const).find((name) => global[name]);
  if (!misplaced) return;
  throw new OpsError('USAGE_INVALID', {
    message: `\`copilot-db ${spec.path.join(' ')}\` only reads, so there is no plan`,
    nextSteps: ['Leave the option out'],
  });
}

/** The caller's signal, and the time of --timeout. */
function openDeadline(signal: AbortSignal, timeoutMs: number | undefined): { signal: AbortSignal } & Disposable {
  if (timeoutMs === undefined) return { signal, [Symbol.dispose]() {} };
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(new Stop('deadline', `--timeout ${timeoutMs} ms`)), timeoutMs);
  return { signal: AbortSignal.any([signal, controller.signal]), [Symbol.dispose]: () => clearTimeout(timer) };
}
