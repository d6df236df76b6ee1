import type { CommandSpec } from '../command.ts';

const wrapperNote =
  'PostgreSQL never runs this itself: it runs bin/copilot-db-wal, which turns what happened into what PostgreSQL understands. ' +
  'Node ends with 1 for a missing module, and PostgreSQL reads 1 as "no such file" and opens a database that lacks its last commits.';

export const walSpecs: readonly CommandSpec[] = [
  {
    path: ['wal', 'push'],
    summary: 'Archive one WAL file in every repository',
    description:
      `${wrapperNote}\n\narchive_command = '/path/to/bin/copilot-db-wal push --config /etc/copilot-db/copilot-db.yaml "%p"'\n\n` +
      'The file is checked against its name and the system, stored once, and compared when it is there already; nothing is ever overwritten.',
    examples: [
      { command: 'copilot-db wal push pg_wal/000000010000000000000003', does: 'archives a segment by hand, in the data directory' },
      {
        command: 'copilot-db wal push --system 7711448655852810007 /rescue/00000002.history',
        does: 'the same for a file that was saved elsewhere',
      },
    ],
    arguments: [{ name: 'path', help: 'the WAL file, relative to the data directory; PostgreSQL gives it for %p' }],
    options: [{ name: 'system', kind: 'string', placeholder: 'ID', help: 'the system identifier, instead of asking global/pg_control' }],
    policy: { config: ['cluster', 'backup'], effect: 'read' },
    result: 'wal.push/1',
    exits: ['refused', 'integrity'],
    load: () => import('./push.ts'),
  },
  {
    path: ['wal', 'fetch'],
    summary: 'Bring one WAL file from a repository',
    description:
      `${wrapperNote}\n\nrestore_command = '/path/to/bin/copilot-db-wal fetch --config /etc/copilot-db/copilot-db.yaml "%f" "%p"'\n\n` +
      'In recovery mode only a file that provably was never archived is "not there"; everything else stops the server.',
    examples: [
      { command: 'copilot-db wal fetch 000000010000000000000003 /tmp/segment', does: 'brings a segment, checked, in the data directory' },
      {
        command: 'copilot-db wal fetch --system 7711448655852810007 00000002.history /tmp/history',
        does: 'brings a timeline history without a data directory',
      },
    ],
    arguments: [
      { name: 'name', help: 'the WAL file; PostgreSQL gives it for %f' },
      { name: 'path', help: 'where it goes, relative to the data directory; PostgreSQL gives it for %p' },
    ],
    options: [
      {
        name: 'mode',
        kind: 'string',
        placeholder: 'MODE',
        choices: ['recovery', 'standby'],
        default: 'recovery',
        help: 'standby tries again what may pass by itself',
      },
      { name: 'system', kind: 'string', placeholder: 'ID', help: 'the system identifier, instead of asking global/pg_control' },
    ],
    policy: { config: ['cluster', 'backup'], effect: 'read' },
    result: 'wal.fetch/1',
    exits: ['refused', 'integrity'],
    load: () => import('./fetch.ts'),
  },
];
