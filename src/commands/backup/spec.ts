import type { CommandSpec, OptionSpec } from '../command.ts';

const repository: OptionSpec = {
  name: 'repository',
  kind: 'string',
  placeholder: 'NAME',
  help: 'a repository of the configuration (default: the first)',
};

const type: OptionSpec = {
  name: 'type',
  kind: 'string',
  placeholder: 'TYPE',
  help: 'the kind of backup',
  choices: ['base'],
  default: 'base',
};

export const backupSpecs: readonly CommandSpec[] = [
  {
    path: ['backup', 'create'],
    summary: 'Take a backup and store it in the repository',
    description:
      'Reads a base backup of the whole server over a replication connection. Before the first byte it proves that WAL arrives in this repository, and after the last that every segment it needs is there. It is a backup only when its manifest is published.',
    examples: [
      { command: 'copilot-db backup create --type base', does: 'takes a base backup into the first repository' },
      { command: 'copilot-db backup create --max-rate 50MiB --dry-run', does: 'checks everything that can be read, and shows the plan' },
    ],
    options: [
      type,
      {
        name: 'label',
        kind: 'string',
        placeholder: 'LABEL',
        help: 'the name, in the form 20261123T020000Z (default: the time of the server)',
      },
      { name: 'max-rate', kind: 'bytes', placeholder: 'BYTES', help: 'the most that the server reads in a second, 32KiB to 1GiB' },
      {
        name: 'wal-wait',
        kind: 'duration',
        placeholder: 'DURATION',
        help: 'how long a segment may take to arrive in the repository (default: 2m)',
        default: 120_000,
      },
      repository,
    ],
    policy: { config: ['postgres', 'backup', 'cluster'], effect: 'change', danger: 'safe', lock: { kind: 'repository', name: 'backup' } },
    result: 'backup.create/1',
    exits: ['refused', 'busy', 'integrity'],
    load: () => import('./create.ts'),
  },
  {
    path: ['backup', 'list'],
    summary: 'List the backups of a repository, newest first',
    examples: [
      { command: 'copilot-db backup list', does: 'shows every base backup with its time and size' },
      { command: 'copilot-db backup list --type base --json', does: 'the same for a script' },
    ],
    options: [type, repository],
    policy: { config: ['backup', 'cluster'], effect: 'read' },
    result: 'backup.list/1',
    exits: ['findings'],
    load: () => import('./list.ts'),
  },
  {
    path: ['backup', 'show'],
    summary: 'Show one backup: where it begins and ends, what it holds',
    examples: [
      { command: 'copilot-db backup show 20261123T020000Z', does: 'shows its times, positions and objects' },
      { command: 'copilot-db backup show 20261123T020000Z --json', does: 'prints its whole manifest' },
    ],
    arguments: [{ name: 'label', help: 'a label from `backup list`' }],
    options: [repository],
    policy: { config: ['backup', 'cluster'], effect: 'read' },
    result: 'backup.show/1',
    exits: ['integrity'],
    load: () => import('./show.ts'),
  },
];
