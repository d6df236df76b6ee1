import type { OptionSpec } from '#commands/command';

/** Known to every command, before and after its name. Confirmations have no twin in the environment: they are given anew each time. */
export const globalOptions: readonly OptionSpec[] = [
  { name: 'config', kind: 'path', placeholder: 'PATH', help: 'the configuration file', env: true },
  { name: 'json', kind: 'flag', help: 'one JSON document on stdout, also for failures' },
  { name: 'format', kind: 'string', placeholder: 'FORMAT', choices: ['human', 'json', 'tsv'], help: 'how the result looks', env: true },
  { name: 'quiet', kind: 'flag', help: 'no progress and no remarks on stderr', env: true },
  { name: 'verbose', kind: 'flag', help: 'more remarks on stderr', env: true },
  { name: 'no-color', kind: 'flag', help: 'no colours' },
  { name: 'timeout', kind: 'duration', placeholder: 'DURATION', help: 'stop cleanly after this time', env: true },
  { name: 'lock-wait', kind: 'duration', placeholder: 'DURATION', help: 'wait so long for another run to finish', env: true },
  { name: 'yes', kind: 'flag', help: 'answer the question of a careful act with yes' },
  { name: 'confirm', kind: 'string', placeholder: 'NAME', help: 'the name that a destructive act wants to hear' },
  { name: 'dry-run', kind: 'flag', help: 'show the plan and do nothing' },
  { name: 'plan-out', kind: 'path', placeholder: 'FILE', help: 'write the plan to a file and do nothing' },
  { name: 'plan', kind: 'path', placeholder: 'FILE', help: 'execute exactly this plan, or refuse' },
];

export interface GlobalInput {
  config?: string;
  json?: boolean;
  format?: 'human' | 'json' | 'tsv';
  quiet?: boolean;
  verbose?: boolean;
  noColor?: boolean;
  timeout?: number;
  lockWait?: number;
  yes?: boolean;
  confirm?: string;
  dryRun?: boolean;
  planOut?: string;
  plan?: string;
}
