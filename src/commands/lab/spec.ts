import type { CommandSpec, OptionSpec } from '../command.ts';

const dir: OptionSpec = { name: 'dir', kind: 'path', placeholder: 'DIR', help: 'the directory of the lab', default: '.lab' };

const major: OptionSpec = {
  name: 'postgres',
  kind: 'integer',
  placeholder: 'MAJOR',
  help: 'the major version of PostgreSQL for a new lab',
};

export const labSpecs: readonly CommandSpec[] = [
  {
    path: ['lab', 'up'],
    summary: 'Start a private data layer in a directory',
    description:
      'PostgreSQL (installed or embedded) on a Unix socket with page checksums and WAL archiving, Redis where it is installed, a place for a repository, and a copilot-db.yaml for all of it. Repeating it starts what does not run.',
    examples: [
      { command: 'copilot-db lab up', does: 'a lab in .lab, to try every command on' },
      { command: 'copilot-db lab up --dir /tmp/lab --postgres 18', does: 'elsewhere, with PostgreSQL 18' },
    ],
    options: [dir, major],
    policy: { config: [], effect: 'change', lock: { kind: 'directory', input: 'dir' } },
    result: 'lab.up/1',
    load: () => import('./up.ts'),
  },
  {
    path: ['lab', 'down'],
    summary: 'Stop a lab, or remove it',
    description: 'Servers that were restored into the lab stop too. --purge removes the directory, if it is a lab.',
    examples: [
      { command: 'copilot-db lab down --yes', does: 'stop the servers; the data stays' },
      { command: 'copilot-db lab down --purge --confirm lab', does: 'stop them and remove the directory' },
    ],
    options: [dir, { name: 'purge', kind: 'flag', help: 'remove the directory and all that is in it' }],
    policy: { config: [], effect: 'change', danger: 'careful', lock: { kind: 'directory', input: 'dir' } },
    result: 'lab.down/1',
    load: () => import('./down.ts'),
  },
  {
    path: ['lab', 'tour'],
    summary: 'See an accident and the way back, in under a minute',
    description:
      'Runs the real commands, one after the other, in a lab of its own: schema, repository, base backup, a dropped table, a restore to the moment before. Succeeds only if count and content of the table are what they were.',
    examples: [
      { command: 'copilot-db lab tour', does: 'the whole story; nothing is left afterwards' },
      { command: 'copilot-db lab tour --keep --dir /tmp/lab', does: 'the same, and the lab stays up to play with' },
    ],
    options: [dir, major, { name: 'keep', kind: 'flag', help: 'leave the lab up' }],
    // No lock: its commands take the one of the directory, and the marker file tells two tours apart.
    policy: { config: [], effect: 'change' },
    result: 'lab.tour/1',
    exits: ['integrity'],
    load: () => import('./tour.ts'),
  },
];
