import type { CommandSpec } from '#commands/command';

export const restoreSpecs: readonly CommandSpec[] = [
  {
    path: ['restore', 'pitr'],
    summary: 'Bring the cluster back as it was at a moment, into a new directory',
    description:
      'Restores a base backup into a new or empty directory and lets PostgreSQL replay the archive up to the target. Nothing that exists is touched. The plan names the base backup, the segments, and the last transaction that is kept and the first that is lost.',
    examples: [
      {
        command: 'copilot-db restore pitr --target-time 2026-11-23T17:55:00Z --data-dir /var/lib/postgresql/15/restored --start',
        does: 'restore to a moment and start a private server, to look and to copy from',
      },
      {
        command: 'copilot-db restore pitr --latest --data-dir /var/lib/postgresql/15/new --yes',
        does: 'restore everything that is archived; a server that is started there recovers it',
      },
      {
        command: 'copilot-db restore pitr --target-time 2026-11-23T17:55:17.034406Z --before --data-dir /srv/restored --dry-run',
        does: 'show what would be kept when the transaction of exactly that microsecond is left out',
      },
    ],
    options: [
      {
        name: 'target-time',
        kind: 'moment',
        placeholder: 'TIME',
        help: 'restore what was committed up to this moment; an offset is required',
      },
      { name: 'latest', kind: 'flag', help: 'restore everything that is archived' },
      { name: 'before', kind: 'flag', help: 'leave out what was committed at the very microsecond of --target-time' },
      { name: 'data-dir', kind: 'path', placeholder: 'DIR', help: 'new or empty directory for the restored cluster' },
      {
        name: 'start',
        kind: 'flag',
        help: 'start a private server there (socket only, no archiving), prove the recovery, leave it running',
      },
      { name: 'base', kind: 'string', placeholder: 'LABEL', help: 'start from this base backup instead of the newest that fits' },
      { name: 'owner', kind: 'string', placeholder: 'USER', help: 'who owns the files and runs the server, when root restores' },
      {
        name: 'target-action',
        kind: 'string',
        placeholder: 'ACTION',
        choices: ['promote', 'pause', 'shutdown'],
        default: 'promote',
        help: 'what the server does at the target: open, wait read-only, or stop',
      },
      { name: 'repository', kind: 'string', placeholder: 'NAME', help: 'repository to restore from; the first of the configuration' },
    ],
    policy: { config: ['cluster', 'backup'], effect: 'change', danger: 'careful', lock: { kind: 'directory', input: 'dataDir' } },
    result: 'restore.pitr/1',
    exits: ['refused', 'busy', 'integrity'],
    load: () => import('./pitr.ts'),
  },
];
