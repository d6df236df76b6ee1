import { existsSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { lockKey } from '#stores/postgres/advisory-lock';
import { ctrlC, enter, onTerminal } from '#support/pseudo-terminal';
import { run, runOk } from '#support/run';
import { tempDir } from '#support/temp-dir';

const program = join(import.meta.dirname, '../../bin/copilot-db.mjs');

let directory: string;
let env: Record<string, string>;
let config: string;

const purge = () => onTerminal(program, ['lab', 'down', '--purge', '--dir', directory], env);

beforeAll(async () => {
  directory = join(await tempDir('lab'), 'lab');
  config = join(directory, 'copilot-db.yaml');
  env = { COPILOT_DB_STATE_DIR: await tempDir('state') };
  await runOk(program, ['lab', 'up', '--dir', directory], { env: { ...process.env, ...env } });
});

afterAll(async () => {
  await run(program, ['lab', 'down', '--purge', '--confirm', 'lab', '--dir', directory], { env: { ...process.env, ...env } });
});

describe('a destructive act on a terminal', () => {
  test('shows its plan, asks for the name, and does nothing for another name', async () => {
    const session = purge();
    await session.see('Type lab to go on');
    expect(session.screen()).toContain('destructive');
    session.type(`lob${enter}`);
    expect(await session.done).toBe(5);
    expect(session.screen()).toContain('CONFIRMATION_WRONG');
    expect(existsSync(config)).toBe(true);
  });

  test('ends with 130 when Ctrl-C answers the question', async () => {
    const session = purge();
    await session.see('Type lab to go on');
    session.type(ctrlC);
    expect(await session.done).toBe(130);
    expect(existsSync(config)).toBe(true);
  });
});

describe('Ctrl-C', () => {
  test('is answered at once, ends a waiting command with 130, and leaves no lock behind', async () => {
    const address = { host: join(directory, 'postgres/socket'), port: 5432, user: 'postgres', database: 'llm_copilot_agent' };
    const other = new pg.Client(address);
    await other.connect();
    await other.query('SELECT pg_advisory_lock($1::bigint)', [lockKey('migrate').toString()]);
    const session = onTerminal(program, ['migrate', 'up', '--lock-wait', '5m', '--config', config], env);
    await session.see('plan');
    await new Promise((resolve) => setTimeout(resolve, 500));
    session.type(ctrlC);
    await session.see('stopping', 1000);
    expect(await session.done).toBe(130);
    await other.end();
    const watcher = new pg.Client(address);
    await watcher.connect();
    const { rows } = await watcher.query("SELECT count(*)::int AS locks FROM pg_locks WHERE locktype = 'advisory'");
    await watcher.end();
    expect(rows[0].locks).toBe(0);
  });
});

describe('colours and pipes', () => {
  test('a terminal gets a table with a header, a pipe gets tab-separated values without control codes', async () => {
    const session = onTerminal(program, ['migrate', 'status', '--config', config], env);
    expect(await session.done).toBe(3);
    expect(session.screen()).toContain('VERSION');
    const piped = await run(program, ['migrate', 'status', '--config', config], { env: { ...process.env, ...env } });
    expect(piped.code).toBe(3);
    expect(piped.stdout).toMatch(/^V001\textensions_and_enums\tpending/);
    expect(piped.stdout + piped.stderr).not.toContain('\x1b');
  });

  test('a reader that goes away is no failure', async () => {
    const { code } = await run('sh', ['-c', `"${program}" explain | head -1 >/dev/null; exit "\${PIPESTATUS:-0}"`]);
    expect(code).toBe(0);
  });
});

test('works with an empty environment, no HOME, no terminal and the root as directory', async () => {
  const clean = { PATH: process.env.PATH, ...env };
  const { code, stdout, stderr } = await run(program, ['migrate', 'status', '--json', '--config', config], { env: clean, cwd: '/' });
  expect(stderr).toBe('');
  expect(code).toBe(3);
  expect(JSON.parse(stdout).ok).toBe(true);
});

describe('restore pitr on a terminal', () => {
  test('shows the windows, asks for what is missing, and brings the cluster back', { timeout: 180_000 }, async () => {
    const restored = join(directory, 'restored');
    for (const words of [
      ['migrate', 'up'],
      ['repository', 'init'],
      ['backup', 'create', '--type', 'base'],
      ['doctor', 'wal'],
    ]) {
      await runOk(program, [...words, '--config', config], { env: { ...process.env, ...env } });
    }
    const session = onTerminal(program, ['restore', 'pitr', '--start', '--config', config], env);
    await session.see('Restore to which moment?');
    expect(session.screen()).toMatch(/\d{4}-\d\d-\d\d.*\d\d:\d\d/);
    session.type(`2026-11-23 10:00${enter}`);
    await session.see('offset');
    session.type(`\x15latest${enter}`);
    await session.see('Into which directory?');
    session.type(`${restored}${enter}`);
    await session.see('Go on?', 60_000);
    session.type(`y${enter}`);
    expect({ exit: await session.done, screen: session.screen() }).toMatchObject({ exit: 0 });
    const client = new pg.Client({ host: restored, port: 5432, user: 'postgres', database: 'llm_copilot_agent' });
    await client.connect();
    const { rows } = await client.query("SELECT to_regclass('messages') IS NOT NULL AS restored, pg_is_in_recovery() AS recovering");
    await client.end();
    expect(rows).toEqual([{ restored: true, recovering: false }]);
  });
});
