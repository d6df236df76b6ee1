import type { CommandSpec } from '../command.ts';

export const doctorSpecs: readonly CommandSpec[] = [
  {
    path: ['doctor'],
    summary: 'Check everything a recovery depends on',
    description:
      'Looks at the configuration, the server, its archiving, the repositories, the newest backup and the programs of this host, all at once. ' +
      'The round trip writes a marker into the WAL and waits for its segment in every repository. What could not be looked at is unknown, never ok.',
    examples: [
      { command: 'copilot-db doctor', does: 'all checks; exit 3 when there is something to mend' },
      { command: 'copilot-db doctor wal repository', does: 'only the way of the WAL' },
      { command: 'copilot-db doctor --json', does: 'the same for a script, with evidence, impact and fix of each check' },
    ],
    arguments: [
      {
        name: 'area',
        help: 'look at these only',
        optional: true,
        many: true,
        choices: ['config', 'postgres', 'wal', 'repository', 'backup', 'programs'],
      },
    ],
    options: [
      {
        name: 'wal-wait',
        kind: 'duration',
        placeholder: 'DURATION',
        default: 60_000,
        help: 'how long the marker may take to every repository (default 1m)',
      },
    ],
    policy: { config: ['cluster'], effect: 'read' },
    result: 'doctor/1',
    exits: ['findings'],
    load: () => import('./doctor.ts'),
  },
];
