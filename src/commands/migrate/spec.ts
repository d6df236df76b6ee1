import type { CommandSpec, OptionSpec } from '../command.ts';

const dir: OptionSpec = {
  name: 'dir',
  kind: 'path',
  placeholder: 'DIR',
  help: 'the directory of the V and R files (default: the one that comes with the program)',
};

export const migrateSpecs: readonly CommandSpec[] = [
  {
    path: ['migrate', 'status'],
    summary: 'Show which migrations are applied, pending or changed',
    description: 'Reads only: a database that was never migrated is left as it is. Exits 3 when something is not as the files say.',
    examples: [
      { command: 'copilot-db migrate status', does: 'lists every version with its state' },
      { command: 'copilot-db migrate status --json', does: 'the same for a pipeline that stops on exit 3' },
    ],
    options: [dir],
    policy: { config: ['postgres'], effect: 'read' },
    result: 'migrate.status/1',
    exits: ['findings', 'refused'],
    load: () => import('./status.ts'),
  },
  {
    path: ['migrate', 'up'],
    summary: 'Apply pending migrations',
    description:
      'Each migration runs in one transaction with its history row; a statement that cannot run in one is alone in its file. Asks for a confirmation only when a migration drops or rewrites data.',
    examples: [
      { command: 'copilot-db migrate up', does: 'applies all that is pending' },
      { command: 'copilot-db migrate up --to 3 --dry-run', does: 'shows what would be applied up to V003' },
    ],
    options: [
      { name: 'to', kind: 'string', placeholder: 'VERSION', help: 'the last version to apply' },
      { name: 'steps', kind: 'integer', placeholder: 'N', help: 'apply at most N' },
      dir,
    ],
    // Not `careful`: see docs/decisions/0052-migrate-up-is-safe.md.
    policy: { config: ['postgres'], effect: 'change', danger: 'safe', lock: { kind: 'postgres', name: 'migrate' } },
    result: 'migrate.up/1',
    exits: ['refused', 'busy'],
    load: () => import('./up.ts'),
  },
  {
    path: ['migrate', 'down'],
    summary: 'Roll back the newest migration, or several',
    description:
      'Uses the R file, or the rollback that was stored in the database when the version was applied. Destructive when rows or values would be lost: the name of the cluster (without one, of the database) has to be confirmed.',
    examples: [
      { command: 'copilot-db migrate down', does: 'rolls back the newest migration' },
      { command: 'copilot-db migrate down --to 0 --confirm lab', does: 'rolls back everything in the cluster "lab"' },
    ],
    options: [
      { name: 'to', kind: 'string', placeholder: 'VERSION', help: 'the version that is the newest afterwards; 0 = none' },
      { name: 'steps', kind: 'integer', placeholder: 'N', help: 'roll back N (default: 1)' },
      {
        name: 'rollback-from',
        kind: 'string',
        placeholder: 'SOURCE',
        choices: ['file', 'history'],
        help: 'which rollback to use when the R file is not the stored one',
      },
      dir,
    ],
    policy: { config: ['postgres'], effect: 'change', danger: 'careful', lock: { kind: 'postgres', name: 'migrate' } },
    result: 'migrate.down/1',
    exits: ['refused', 'busy'],
    load: () => import('./down.ts'),
  },
  {
    path: ['migrate', 'new'],
    summary: 'Write the next pair of migration files',
    examples: [
      { command: 'copilot-db migrate new add_avatar_index --dir migrations', does: 'writes the next V and R file with that name' },
      { command: 'copilot-db migrate new "drop old column" --dir migrations', does: 'the name becomes drop_old_column' },
    ],
    arguments: [{ name: 'name', help: 'what the migration does, a few words' }],
    options: [dir],
    policy: { config: [], effect: 'change', danger: 'safe' },
    result: 'migrate.new/1',
    exits: ['refused'],
    load: () => import('./new.ts'),
  },
];
