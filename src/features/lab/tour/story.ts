import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { OpsError } from '#kernel/errors';
import { elapsedMs } from '#kernel/time';
import { formatDuration } from '#kernel/units';
import { currentUser } from '#platform/os-user';
import { findPrivatePostgres, type PrivatePostgres } from '#platform/private-postgres';
import { connectPostgres, type PostgresClient } from '#stores/postgres/connect';
import { type LabPlace, labDatabase } from '../place.ts';
import { archiveNow } from './archived.ts';
import { addConversations, addLateSessions, contentOf, serverNow, type TableContent } from './rows.ts';
import type { Stage } from './stage.ts';

/** What the tour has measured. */
export interface TourResult {
  /** The moment the restore aimed at. */
  target: string;
  accidentAt: string;
  /** The table that was dropped, as it was before. */
  before: TableContent;
  /** The same table in the restored server. */
  restored: TableContent;
  rowsRegained: number;
  /** Committed after the target, so not in the restored server. */
  rowsLost: number;
  /** From the target to the accident: what a restore to this target gives up. */
  rpoMs: number;
  /** From the order to restore to a server that answers. */
  rtoMs: number;
}

interface Telling {
  stage: Stage;
  place: LabPlace;
  env: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
}

/** From nothing to a table that came back, with the real commands. @throws TOUR_STEP_FAILED, TOUR_ROWS_MISSING, POSTGRES_* */
export async function tellStory(telling: Telling): Promise<TourResult> {
  const { stage, place, signal } = telling;
  const config = ['--config', stage.path(place.configPath)];
  stage.chapter('A private data layer');
  await stage.command(['lab', 'up', '--dir', stage.path(place.directory)], { as: currentUser() });
  stage.say('', `The configuration, ${stage.path(place.configPath)}:`, ...(await configLines(place)));

  stage.chapter('The schema');
  await stage.command(['migrate', 'status', ...config], { expect: [3] });
  stage.say('  Exit 3: the check ran and found something, here migrations that are pending.');
  await stage.command(['migrate', 'up', ...config]);

  const lab = await openServer(await requireServer(place.dataDir), telling);
  try {
    stage.chapter('A repository, and a base backup in it');
    await stage.command(['repository', 'init', ...config]);
    await addConversations(lab, 'monday', 20, 60);
    stage.say('', ...(await counted(lab, 'The application writes: 20 users with sessions, 60 conversations')));
    await stage.command(['backup', 'create', '--type', 'base', ...config]);
    await stage.command(['doctor', ...config]);

    stage.chapter('Work goes on');
    await addConversations(lab, 'tuesday', 10, 40);
    stage.say('', ...(await counted(lab, 'Ten more users, 40 more conversations, none of them in the base backup')));
    const before = await contentOf(lab, 'messages');
    const target = await serverNow(lab);
    await sleep(400, undefined, { signal });

    stage.chapter('The accident');
    await lab.query('DROP TABLE messages CASCADE');
    const accidentAt = await serverNow(lab);
    const rowsLost = await addLateSessions(lab, 5);
    stage.say(
      '',
      'sql> DROP TABLE messages CASCADE;',
      `  At ${accidentAt}, in the wrong window: ${before.rows} messages are gone.`,
      `  ${rowsLost} sessions are written before anybody notices.`,
    );
    const segment = await archiveNow(lab, signal);
    stage.say('', 'sql> SELECT pg_switch_wal();', `  Only to hurry: archive_timeout would send ${segment} within 60 s.`);

    stage.chapter('Back to the moment before');
    await stage.command(['backup', 'list', ...config]);
    const restore = [
      'restore',
      'pitr',
      '--target-time',
      target,
      '--data-dir',
      stage.path(place.restoredDir),
      '--start',
      '--yes',
      ...config,
    ];
    const { durationMs: rtoMs } = await stage.command(restore);
    const restored = await restoredContent(telling, before);
    return { target, accidentAt, before, restored, rowsRegained: restored.rows, rowsLost, rpoMs: elapsedMs(target, accidentAt), rtoMs };
  } finally {
    await lab.close();
  }
}

/** Asks the restored server itself; what a command says about its own work is no proof. @throws TOUR_ROWS_MISSING */
async function restoredContent(telling: Telling, before: TableContent): Promise<TableContent> {
  const { place, stage } = telling;
  const client = await openServer(await requireServer(place.restoredDir), telling);
  try {
    const restored = await contentOf(client, 'messages');
    stage.say(
      '',
      'sql, on the restored server> SELECT count(*), md5(…) FROM messages;',
      `  before the accident  ${before.rows} rows, ${before.hash}`,
      `  restored             ${restored.rows} rows, ${restored.hash}`,
    );
    if (restored.rows === before.rows && restored.hash === before.hash) {
      stage.say('  A single table goes home with `pg_dump -t messages` from here and `psql` into the damaged server.');
      return restored;
    }
    throw new OpsError('TOUR_ROWS_MISSING', {
      message: `The restored table has ${restored.rows} rows (${restored.hash}), it had ${before.rows} (${before.hash})`,
      details: { before: { ...before }, restored: { ...restored } },
    });
  } finally {
    await client.close();
  }
}

async function requireServer(dataDir: string): Promise<PrivatePostgres> {
  const server = await findPrivatePostgres(dataDir);
  if (server !== undefined) return server;
  throw new OpsError('LAB_BROKEN', { message: `No PostgreSQL server runs on ${dataDir}`, details: { dataDir } });
}

function openServer(server: PrivatePostgres, { env, signal }: Telling): Promise<PostgresClient> {
  const { host, port } = server;
  return connectPostgres({ host, port, database: labDatabase, username: 'postgres', sslMode: 'disable' }, { env, signal });
}

async function counted(client: PostgresClient, what: string): Promise<string[]> {
  const { rows } = await contentOf(client, 'messages');
  return [`${what}; ${rows} messages now.`];
}

/** The file without its comments and its password. */
async function configLines(place: LabPlace): Promise<string[]> {
  const text = await readFile(place.configPath, 'utf8');
  const lines = text
    .trimEnd()
    .split('\n')
    .filter((line) => !line.startsWith('#'));
  return lines.map((line) => `  ${line.replace(/(password: ).*/, '$1***')}`);
}

/** The end of the story, for stdout. */
export function tourSummary(result: TourResult): string[] {
  const { before, rowsRegained, rowsLost, rpoMs, rtoMs, target } = result;
  return [
    `All ${rowsRegained} messages are back: count and content hash are those of before (${before.hash}).`,
    `  rows regained  ${rowsRegained} (messages, as of ${target})`,
    `  rows lost      ${rowsLost} (sessions written after the target; they are still in the damaged server)`,
    `  RPO            ${formatDuration(rpoMs)}: from the target to the accident`,
    `  RTO            ${formatDuration(rtoMs)}: from the order to restore to a server that answers`,
    "  These are a lab's numbers, not yours: a few megabytes on a local disk. Yours come from a drill on your data.",
  ];
}
