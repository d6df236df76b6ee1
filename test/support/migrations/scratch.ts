import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { compareWithHistory } from '#features/migrations/compare';
import { readHistory } from '#features/migrations/history';
import type { MigrationRun } from '#features/migrations/migration-work';
import { planDown, planUp, type Range } from '#features/migrations/plan-migrations';
import { prepareDown, prepareUp } from '#features/migrations/prepare-works';
import { readMigrations } from '#features/migrations/read-migrations';
import { type DoneMigration, runMigrations } from '#features/migrations/run-migrations';
import { defaultLimits, type SessionLimits } from '#features/migrations/session';
import { silentReporter } from '#kernel/events';
import { connectPostgres } from '#stores/postgres/connect';
import type { Cluster } from '#support/postgres';
import { tempDir } from '#support/temp-dir';

export const projectMigrations = resolve('migrations');

export interface Scratch {
  database: string;
  directory: string;
  up(range?: Range, options?: ScratchOptions): Promise<DoneMigration[]>;
  down(range?: Range, options?: ScratchOptions): Promise<DoneMigration[]>;
  /** "V001 applied", "V002 pending" … */
  states(): Promise<string[]>;
  sql<Row = Record<string, unknown>>(text: string): Promise<Row[]>;
  write(files: Readonly<Record<string, string>>): Promise<void>;
}

export interface ScratchOptions {
  signal?: AbortSignal;
  limits?: SessionLimits;
  runId?: string;
  /** Called when a migration is about to run: its place for faults. */
  onBegin?: () => Promise<void>;
}

/** A new database and a directory of migrations for it: the given files, or the project's. */
export async function scratch(cluster: Cluster, files?: Readonly<Record<string, string>>): Promise<Scratch> {
  const database = `m${randomBytes(4).toString('hex')}`;
  await cluster.psql(`create database ${database}`);
  const directory = files === undefined ? projectMigrations : await tempDir('migrations');
  const write = async (named: Readonly<Record<string, string>>): Promise<void> => {
    for (const [name, text] of Object.entries(named)) await writeFile(join(directory, name), text);
  };
  await write(files ?? {});

  const run = async (direction: 'up' | 'down', range: Range, options: ScratchOptions): Promise<DoneMigration[]> => {
    const signal = options.signal ?? new AbortController().signal;
    const open = () => connectPostgres({ ...cluster.connection, database }, { signal, applicationName: 'migrations test' });
    const [main, recorder] = [await open(), await open()];
    try {
      const compared = compareWithHistory(await readMigrations(directory, signal), await readHistory(main));
      const works = direction === 'up' ? prepareUp(planUp(compared, range)) : prepareDown(planDown(compared, range), undefined);
      const context: MigrationRun = {
        main,
        recorder,
        signal,
        runId: options.runId ?? 'test-run',
        reporter: silentReporter,
        limits: options.limits ?? defaultLimits,
      };
      return await runMigrations(context, works, async (_id, state) => {
        if (state === 'begin') await options.onBegin?.();
      });
    } finally {
      await Promise.all([main.close(), recorder.close()]);
    }
  };

  return {
    database,
    directory,
    write,
    up: (range = {}, options = {}) => run('up', range, options),
    down: (range = {}, options = {}) => run('down', range, options),
    sql: (text) => cluster.psql(text, { database }),
    async states() {
      const signal = new AbortController().signal;
      const client = await connectPostgres({ ...cluster.connection, database }, { signal });
      try {
        const compared = compareWithHistory(await readMigrations(directory, signal), await readHistory(client));
        return compared.map(({ version, state }) => `${version} ${state}`);
      } finally {
        await client.close();
      }
    },
  };
}
