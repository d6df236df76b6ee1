import { Command, CommanderError, Option } from 'commander';
import type { CommandSpec, OptionSpec } from '#commands/command';
import { OpsError } from '#kernel/errors';
import { type ExitName, exitCodes, exitMeanings } from '#kernel/exit-codes';
import { type GlobalInput, globalOptions } from './global-options.ts';
import { camelCase, parseValue } from './parse-value.ts';

/** A command with its values. */
export interface ParsedCommand {
  kind: 'command';
  spec: CommandSpec;
  input: Record<string, unknown>;
  global: GlobalInput;
}

/** What came out of argv: a command, or text that was asked for. */
export type Parsed = ParsedCommand | { kind: 'text'; text: string };

interface ParseOptions {
  specs: readonly CommandSpec[];
  version: string;
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
}

const frameExits: readonly ExitName[] = ['ok', 'failed', 'usage', 'unavailable', 'deadline', 'interrupted'];

/**
 * The only file that knows commander.
 * @throws USAGE_INVALID, USAGE_MISSING, TIME_NAIVE
 */
export function parseCommandLine(argv: readonly string[], options: ParseOptions): Parsed {
  let parsed: Parsed | undefined;
  let printed = '';
  const program = buildProgram(options, (found) => {
    parsed = found;
  });
  forEachCommand(program, (command) => {
    command.exitOverride();
    command.configureOutput({
      writeOut: (text) => {
        printed += text;
      },
      writeErr: () => {},
      outputError: () => {},
    });
  });
  try {
    program.parse([...argv], { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return { kind: 'text', text: printed.trimEnd() };
    if (error.code === 'commander.help') return { kind: 'text', text: commandOf(program, argv).current.helpInformation().trimEnd() };
    throw usageError(error, commandOf(program, argv));
  }
  return parsed ?? { kind: 'text', text: program.helpInformation().trimEnd() };
}

/** The group or command that argv names, which may stand behind options; `copilot-db backup` alone prints its help. */
function commandOf(program: Command, argv: readonly string[]): { current: Command; path: readonly string[] } {
  let current = program;
  const path: string[] = [];
  for (const word of argv) {
    const next = current.commands.find((command) => command.name() === word);
    if (!next) continue;
    current = next;
    path.push(word);
  }
  return { current, path };
}

function buildProgram(options: ParseOptions, found: (parsed: Parsed) => void): Command {
  const program = new Command('copilot-db')
    .description('Change a data layer safely, and prove that it can be brought back.')
    .version(options.version, '--version', 'print the version')
    .helpOption('--help', 'print this help');
  for (const option of globalOptions) program.addOption(toCommander(option, options.cwd));
  const groups = new Map<string, Command>();
  for (const spec of options.specs) {
    const verb = spec.path.at(-1) as string;
    const parent = spec.path.length === 1 ? program : groupFor(program, groups, spec.path[0] as string, options.specs);
    const command = parent.command(verb).summary(spec.summary).description(describe(spec)).helpOption('--help', 'print this help');
    command.addHelpText('after', () => epilogue(spec));
    for (const argument of spec.arguments ?? []) {
      const name = argument.many ? `${argument.name}...` : argument.name;
      const choices = argument.choices ? `: ${argument.choices.join(', ')}` : '';
      command.argument(argument.optional ? `[${name}]` : `<${name}>`, `${argument.help}${choices}`);
    }
    for (const option of spec.options ?? []) command.addOption(toCommander(option, options.cwd));
    command.action(() => found({ kind: 'command', spec, ...collect(spec, command, options) }));
  }
  return program;
}

function groupFor(program: Command, groups: Map<string, Command>, noun: string, specs: readonly CommandSpec[]): Command {
  const existing = groups.get(noun);
  if (existing) return existing;
  const verbs = specs.filter((spec) => spec.path[0] === noun).map((spec) => spec.path[1]);
  const group = program.command(noun).description(verbs.join(', ')).helpOption('--help', 'print this help').helpCommand(false);
  groups.set(noun, group);
  return group;
}

function toCommander(spec: OptionSpec, cwd: string): Option {
  const flags = spec.kind === 'flag' ? `--${spec.name}` : `--${spec.name} <${spec.placeholder ?? 'VALUE'}>`;
  const twin = spec.env ? ` (env ${environmentName(spec.name)})` : '';
  const choices = spec.choices ? `: ${spec.choices.join(', ')}` : '';
  const option = new Option(flags, `${spec.help}${choices}${twin}`);
  if (spec.kind === 'flag') return option;
  return option.argParser((text: string, previous: unknown) => {
    const value = parseValue(spec, text, cwd);
    return spec.kind === 'list' && Array.isArray(previous) ? [...previous, text] : value;
  });
}

function collect(spec: CommandSpec, command: Command, options: ParseOptions): Pick<ParsedCommand, 'input' | 'global'> {
  const given = command.optsWithGlobals<Record<string, unknown>>();
  const read = (option: OptionSpec): unknown => {
    // commander stores --no-color as color: false
    if (option.name.startsWith('no-')) return given[camelCase(option.name.slice(3))] === false;
    const twin = option.env ? options.env[environmentName(option.name)] : undefined;
    return given[camelCase(option.name)] ?? (twin ? parseValue(option, twin, options.cwd) : undefined) ?? defaultOf(option, options.cwd);
  };
  const pick = (list: readonly OptionSpec[]) => Object.fromEntries(list.map((option) => [camelCase(option.name), read(option)]));
  const values = (spec.arguments ?? []).map((argument, index) => {
    const words = argument.many ? command.args.slice(index) : command.args.slice(index, index + 1);
    const unknown = words.find((word) => argument.choices?.includes(word) === false);
    if (unknown !== undefined) {
      throw new OpsError('USAGE_INVALID', {
        message: `"${unknown}" is not one of ${argument.choices?.join(', ')}`,
        nextSteps: [`\`copilot-db ${spec.path.join(' ')} --help\``],
      });
    }
    return [camelCase(argument.name), argument.many ? words : words[0]];
  });
  return { input: { ...pick(spec.options ?? []), ...Object.fromEntries(values) }, global: pick(globalOptions) as GlobalInput };
}

/** A path that is left out means the same as one that is typed: seen from where the operator stands. */
function defaultOf(option: OptionSpec, cwd: string): unknown {
  return option.kind === 'path' && typeof option.default === 'string' ? parseValue(option, option.default, cwd) : option.default;
}

function environmentName(option: string): string {
  return `COPILOT_DB_${option.replaceAll('-', '_').toUpperCase()}`;
}

function describe(spec: CommandSpec): string {
  return spec.description ? `${spec.summary}\n\n${spec.description}` : spec.summary;
}

function epilogue(spec: CommandSpec): string {
  const examples = spec.examples.map(({ command, does }) => `  ${command}\n      ${does}`);
  const names = [...new Set<ExitName>([...frameExits, ...(spec.exits ?? []), ...changeExits(spec)])].sort(
    (a, b) => exitCodes[a] - exitCodes[b],
  );
  const exits = names.map((name) => `  ${String(exitCodes[name]).padEnd(4)} ${exitMeanings[name]}`);
  return ['', 'Examples:', ...examples, '', 'Exit codes:', ...exits, '', 'Options that every command knows: copilot-db --help'].join('\n');
}

function changeExits(spec: CommandSpec): ExitName[] {
  if (spec.policy.effect === 'read') return [];
  return spec.policy.lock ? ['refused', 'busy'] : ['refused'];
}

function forEachCommand(command: Command, act: (command: Command) => void): void {
  act(command);
  for (const child of command.commands) forEachCommand(child, act);
}

function usageError(error: CommanderError, { path }: { path: readonly string[] }): OpsError {
  const message = error.message.replace(/^error: /, '');
  const [what, suggestion] = message.split('\n');
  const isMissing = error.code === 'commander.missingArgument' || error.code === 'commander.optionMissingArgument';
  return new OpsError(isMissing ? 'USAGE_MISSING' : 'USAGE_INVALID', {
    message: what ?? message,
    detail: suggestion?.replace(/^\((.*)\)$/, '$1'),
    nextSteps: [`\`${['copilot-db', ...path, '--help'].join(' ')}\``],
  });
}
