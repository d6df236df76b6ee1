import type { CommandSpec } from '../command.ts';

export const runSpecs: readonly CommandSpec[] = [
  {
    path: ['run', 'list'],
    summary: 'List the runs of changing commands on this host',
    examples: [
      { command: 'copilot-db run list', does: 'newest first, with how each ended' },
      { command: 'copilot-db run list --json', does: 'the same for a script' },
    ],
    policy: { config: [], effect: 'read' },
    result: 'run.list/1',
    load: () => import('./list.ts'),
  },
  {
    path: ['run', 'show'],
    summary: 'Show what a run did, step by step',
    examples: [
      { command: 'copilot-db run show 20261123T175517Z-0a1b2c3d4e5f', does: 'the journal of one run' },
      { command: 'copilot-db run show 20261123T175517Z-0a1b2c3d4e5f --json', does: 'the same for a script' },
    ],
    arguments: [{ name: 'run', help: 'a run id from `run list`, an error or a lock' }],
    policy: { config: [], effect: 'read' },
    result: 'run.show/1',
    load: () => import('./show.ts'),
  },
];
