import type { z } from 'zod';
import type { Config, ConfigSection } from '#config/schema';
import type { Reporter } from '#kernel/events';
import type { ExitName } from '#kernel/exit-codes';
import type { Json } from '#kernel/json';
import type { Danger, Plan } from '#kernel/plan';
import type { Clock } from '#kernel/time';
import type { Repository } from '#repository/open';
import type { ObjectStore } from '#stores/objects/object-store';
import type { PostgresClient } from '#stores/postgres/connect';
import type { View } from '#ui/view';

/**
 * How the text of an option becomes a value: flag → boolean, integer → number, duration → milliseconds, bytes → number,
 * moment → RFC 3339 UTC text (an offset is required), path → absolute path, list → string[] (the option is repeated).
 */
export type ValueKind = 'flag' | 'string' | 'integer' | 'duration' | 'bytes' | 'moment' | 'path' | 'list';

export interface OptionSpec {
  /** Without dashes: "target-time" becomes `--target-time` and `input.targetTime`. */
  name: string;
  kind: ValueKind;
  help: string;
  /** Shown in help: TIME, DIR. Not for flags. */
  placeholder?: string;
  choices?: readonly string[];
  /** Also read from COPILOT_DB_<NAME>. Never for confirmations, targets and names. */
  env?: boolean;
  default?: Json;
}

export interface ArgumentSpec {
  name: string;
  help: string;
  optional?: boolean;
  /** The last argument only: takes all that follows, and its value is a list. */
  many?: boolean;
  choices?: readonly string[];
}

/** What a changing command holds while it works. */
export type LockSpec =
  | { kind: 'postgres'; name: string }
  | { kind: 'repository'; name: string }
  /** The directory is an option or argument of the command: its camelCase name. */
  | { kind: 'directory'; input: string };

export interface Policy {
  /** Sections that have to be in the configuration; others may be absent. No section = no configuration file needed. */
  config: readonly ConfigSection[];
  /** Reads only, or changes something (then plan and execute). */
  effect: 'read' | 'change';
  danger?: Danger;
  lock?: LockSpec;
}

/** A command as data. Imports types only, so that the whole tree costs nothing at start-up. */
export interface CommandSpec {
  path: readonly string[];
  summary: string;
  description?: string;
  /** At least two; a test runs the parser over each. */
  examples: readonly { command: string; does: string }[];
  arguments?: readonly ArgumentSpec[];
  options?: readonly OptionSpec[];
  policy: Policy;
  /** Name and version of the result: "backup.list/1". */
  result: string;
  /** Exit codes beyond the frame's (ok, failed, usage, unavailable, deadline, signals). */
  exits?: readonly ExitName[];
  load: () => Promise<CommandModule>;
}

/** Everything a command may touch. Connections open on first use and are closed by the frame. */
export interface CommandContext<Input = unknown> {
  /** Options and arguments by camelCase name. */
  input: Input;
  config: Config;
  /** PostgreSQL, `postgres.primary` of the configuration; one client a name, opened once. */
  postgres(name?: string): Promise<PostgresClient>;
  /** The first repository of the configuration, or the named one; refuses one that was not initialised. */
  repository(name?: string): Promise<Repository>;
  /** The place of a repository, whether initialised or not. */
  objectStore(name?: string): Promise<ObjectStore>;
  reporter: Reporter;
  clock: Clock;
  signal: AbortSignal;
  runId: string;
  env: Readonly<Record<string, string | undefined>>;
  /** Absolute; relative paths of the operator are already resolved against it. */
  cwd: string;
  /** Where this program lives: `bin/`, `migrations/`. */
  home: string;
  /** The configuration file in use, absolute; undefined when there is none. */
  configPath: string | undefined;
  /** What --config said, absolute; the frame has not looked whether it is there when the policy needs no section. */
  configFlag: string | undefined;
  /** Journals, audit lines and reports of this host. */
  stateDirectory: string;
  version: string;
}

export interface Journal {
  /** Durable before it returns. */
  step(id: string, state: 'begin' | 'done', facts?: Json): Promise<void>;
}

export interface ChangeContext<Input = unknown> extends CommandContext<Input> {
  journal: Journal;
  /** Called right before something is published: refuses when the lock was lost meanwhile. */
  assertLocked(): Promise<void>;
}

/** A value that has to be asked for when somebody is there to answer; asked before `plan`. */
export interface Question {
  /** camelCase name of the option that the answer becomes. */
  input: string;
  text: string;
  /** Printed above the question: a picture of the windows, a list. */
  picture?: readonly string[];
  choices?: readonly { value: string; label: string; hint?: string }[];
  placeholder?: string;
  /** undefined when the answer is usable, else why not. */
  refuse?: (answer: string) => string | undefined;
  /** What to type where nobody can be asked; by default the option of `input`. */
  nextSteps?: readonly string[];
}

/**
 * A lazy module of a command. `never` stands where a command's own types go: input, facts and result belong to the command
 * alone, and the frame only carries them from one of its functions to the next.
 */
interface AnyModule {
  /** The schema of what `--json` prints. */
  result: z.ZodType;
  view: (result: never) => View;
  /** The exit for a result that is no error: findings, partial. ok when left out. */
  exit?: (result: never) => ExitName;
  /** What the command still needs from the operator. Without a terminal the command fails with USAGE_MISSING. */
  question?: (ctx: CommandContext<never>) => Promise<Question | undefined>;
}

export interface ReadModule extends AnyModule {
  run: (ctx: CommandContext<never>) => Promise<unknown>;
}

export interface ChangeModule extends AnyModule {
  /** Reads only. Called again under the lock; another hash then means that the world moved. */
  plan: (ctx: CommandContext<never>) => Promise<Plan>;
  /** Also called with a plan without steps: there still is a result to tell. */
  execute: (ctx: ChangeContext<never>, plan: Plan<never>) => Promise<unknown>;
}

export type CommandModule = ReadModule | ChangeModule;

export function isChangeModule(module: CommandModule): module is ChangeModule {
  return 'plan' in module;
}
