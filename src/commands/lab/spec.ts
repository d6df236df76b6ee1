import type { CommandSpec, OptionSpec } from '../command.ts';

const dir: OptionSpec = { name: 'dir', kind: 'path', placeholder: 'DIR', help: 'the directory of the lab', default: '.lab' };

export const labSpecs: readonly CommandSpec[] = [
  {
    path: ['lab', 'up'],
    summary: 'start a private data layer in a directory',
    description:
      'PostgreSQL (installed or embedded) on a Unix socket with page checksums and WAL archiving, Redis where it is installed, a place for a repository, and a copilot-db.yaml for all of it. Repeating it starts what does not run.',
    examples: [
      { command: 'copilot-db lab up', does: 'a lab in .lab, to try every command on' },
      { command: 'copilot-db lab up --dir /tmp/lab --postgres 18', does: 'elsewhere, with PostgreSQL 18' },
    ],
    options: [dir, { name: 'postgres', kind: 'integer', placeholder: 'MAJOR', help: 'the major version of PostgreSQL for a new lab' }],
    policy: { config: [], effect: 'change', lock: { kind: 'directory', input: 'dir' } },
    result: 'lab.up/1',
    load: () => import('./up.ts'),
  },
  {
    path: ['lab', 'down'],
    summary: 'stop a lab, or remove it',
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
];
