import type { CommandSpec } from '../command.ts';

export const configSpecs: readonly CommandSpec[] = [
  {
    path: ['config', 'show'],
    summary: 'Show every effective setting and where it comes from',
    description: 'Secrets are masked by the schema. The output can be pasted into a ticket.',
    examples: [
      { command: 'copilot-db config show', does: 'the settings in use, with file and line' },
      { command: 'copilot-db config show --config /etc/copilot-db/copilot-db.yaml --json', does: 'the same of another file, for a script' },
    ],
    policy: { config: [], effect: 'read' },
    result: 'config.show/1',
    load: () => import('./show.ts'),
  },
  {
    path: ['config', 'schema'],
    summary: 'Print the configuration file as JSON Schema',
    examples: [
      { command: 'copilot-db config schema', does: 'the schema on stdout' },
      { command: 'copilot-db config schema --json', does: 'the same inside the envelope of every command' },
    ],
    policy: { config: [], effect: 'read' },
    result: 'config.schema/1',
    load: () => import('./schema.ts'),
  },
];
