import type { CommandSpec, OptionSpec } from '../command.ts';

const repository: OptionSpec = {
  name: 'repository',
  kind: 'string',
  placeholder: 'NAME',
  help: 'a repository of the configuration (default: the first)',
};

export const repositorySpecs: readonly CommandSpec[] = [
  {
    path: ['repository', 'init'],
    summary: 'Make the place that holds the backups and WAL of this cluster',
    description:
      'Tries out what a repository needs of its store (a put that refuses an existing key, listing in order, ranged reads, uploads in parts, encryption when it is asked for) and writes repository.json. Nothing that exists is changed, and a repository that is there already stays as it is. When PostgreSQL can be reached, its system identifier is admitted as the first owner; a successor (a new initdb, pg_upgrade) is admitted with --system.',
    examples: [
      { command: 'copilot-db repository init', does: 'makes the first repository of the configuration' },
      { command: 'copilot-db repository init --system 7313371337133713371', does: 'admits another database system, after a pg_upgrade' },
      { command: 'copilot-db repository init --repository offsite --dry-run', does: 'says what it would do to the repository offsite' },
    ],
    options: [
      repository,
      {
        name: 'system',
        kind: 'string',
        placeholder: 'SYSTEM_ID',
        help: 'a system identifier to admit, as pg_control_system() gives it',
      },
    ],
    policy: { config: ['backup', 'cluster'], effect: 'change', danger: 'safe' },
    result: 'repository.init/1',
    exits: ['refused', 'integrity'],
    load: () => import('./init.ts'),
  },
  {
    path: ['repository', 'show'],
    summary: 'Show what a repository holds and whose it is',
    description:
      'Reads the identity, the systems that were admitted, the base backups and the list of WAL. Damaged manifests are findings.',
    examples: [
      { command: 'copilot-db repository show', does: 'shows the first repository of the configuration' },
      { command: 'copilot-db repository show --repository offsite --json', does: 'the same of the repository offsite, for a script' },
    ],
    options: [repository],
    policy: { config: ['backup', 'cluster'], effect: 'read' },
    result: 'repository.show/1',
    exits: ['findings', 'refused', 'integrity'],
    load: () => import('./show.ts'),
  },
];
