import { existsSync } from 'node:fs';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { beforeAll, describe, expect, test } from 'vitest';
import { type CliOutcome, runCommandLine } from '#support/cli';
import { atFileEnd } from '#support/reaper';
import { tempDir } from '#support/temp-dir';

let stateDirectory: string;
beforeAll(async () => {
  stateDirectory = await tempDir('state');
});

function lab(verb: 'up' | 'down' | 'tour', dir: string, ...args: readonly string[]): Promise<CliOutcome> {
  return runCommandLine(['lab', verb, '--dir', dir, '--json', ...args], { stateDirectory });
}

async function newLab(): Promise<string> {
  const dir = join(await tempDir('lab'), 'lab');
  atFileEnd(() => lab('down', dir, '--purge', '--confirm', 'lab'));
  return dir;
}

// biome-ignore lint/suspicious/noExplicitAny: what JSON holds is what the test looks at
function dataOf(outcome: CliOutcome): any {
  const envelope = JSON.parse(outcome.stdout);
  expect({ ok: envelope.ok, error: envelope.error ?? null }).toEqual({ ok: true, error: null });
  return envelope.data;
}

// biome-ignore lint/suspicious/noExplicitAny: what JSON holds is what the test looks at
function errorOf(outcome: CliOutcome): any {
  return JSON.parse(outcome.stdout).error;
}

async function ask(postgres: { host: string; port: number }, sql: string): Promise<unknown> {
  const client = new pg.Client({ ...postgres, user: 'postgres', database: 'llm_copilot_agent' });
  await client.connect();
  try {
    return Object.values((await client.query(sql)).rows[0] ?? {})[0];
  } finally {
    await client.end();
  }
}

function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}`);
}

describe.each([15, 18])('a lab on PostgreSQL %i', (major) => {
  test('comes up, is found up, survives kill -9, goes down with its data, and is removed', async () => {
    const dir = await newLab();
    const up = dataOf(await lab('up', dir, '--postgres', String(major)));
    expect(up).toMatchObject({ state: 'created', directory: dir, postgres: { major } });
    expect(await ask(up.postgres, "SELECT current_setting('data_checksums') || ' ' || current_setting('archive_mode')")).toBe('on on');
    expect(await ask(up.postgres, "SELECT current_setting('archive_command')")).toContain(`--config '${up.configPath}' "%p"`);
    expect((await stat(up.configPath)).mode & 0o777).toBe(0o600);
    await ask(up.postgres, 'CREATE TABLE kept AS SELECT 42 AS answer');

    expect(dataOf(await lab('up', dir))).toEqual({ ...up, state: 'already-up' });

    process.kill(up.postgres.pid, 'SIGKILL');
    await sleep(200);
    const again = dataOf(await lab('up', dir));
    expect(again).toMatchObject({ state: 'started', postgres: { major } });
    expect(await ask(again.postgres, 'SELECT answer FROM kept')).toBe(42);

    const refused = await lab('down', dir);
    expect({ code: refused.code, error: errorOf(refused).code }).toEqual({ code: 5, error: 'CONFIRMATION_REQUIRED' });
    expect(isAlive(again.postgres.pid)).toBe(true);

    const down = dataOf(await lab('down', dir, '--yes'));
    expect(down).toMatchObject({ removed: false, stopped: [join(dir, 'postgres', 'data')] });
    expect(isAlive(again.postgres.pid)).toBe(false);
    expect(dataOf(await lab('down', dir, '--yes'))).toMatchObject({ removed: false, stopped: [] });

    const third = dataOf(await lab('up', dir));
    expect(await ask(third.postgres, 'SELECT answer FROM kept')).toBe(42);

    const wrong = await lab('down', dir, '--purge', '--yes');
    expect({ code: wrong.code, error: errorOf(wrong).code }).toEqual({ code: 5, error: 'CONFIRMATION_REQUIRED' });
    expect(dataOf(await lab('down', dir, '--purge', '--confirm', 'lab'))).toMatchObject({ removed: true });
    expect(existsSync(dir)).toBe(false);
    expect(isAlive(third.postgres.pid)).toBe(false);
  });
});

describe('what is not a lab', () => {
  test('is neither filled, nor toured, nor removed', async () => {
    const dir = join(await tempDir('foreign'), 'thesis');
    await mkdir(dir);
    await writeFile(join(dir, 'chapter-1'), 'words');
    for (const outcome of [await lab('up', dir), await lab('tour', dir), await lab('down', dir, '--purge', '--confirm', 'lab')]) {
      expect({ code: outcome.code, error: errorOf(outcome).code }).toEqual({ code: 5, error: 'LAB_FOREIGN' });
    }
    expect(await readFile(join(dir, 'chapter-1'), 'utf8')).toBe('words');
  });

  test('a marker that cannot be read stops every verb', async () => {
    const dir = join(await tempDir('broken'), 'lab');
    await mkdir(dir);
    await writeFile(join(dir, 'copilot-db-lab.json'), '{"format": 99}');
    const outcome = await lab('down', dir, '--purge', '--confirm', 'lab');
    expect(errorOf(outcome).code).toBe('LAB_BROKEN');
    expect(existsSync(dir)).toBe(true);
  });
});

test('the plan of a new lab is shown without making it', async () => {
  const dir = join(await tempDir('dry'), 'lab');
  const outcome = await runCommandLine(['lab', 'up', '--dir', dir, '--dry-run'], { stateDirectory });
  expect(outcome.code).toBe(0);
  expect(outcome.stdout).toContain('page checksums');
  expect(existsSync(dir)).toBe(false);
});

test("the tour does not play in an operator's lab", async () => {
  const dir = await newLab();
  dataOf(await lab('up', dir));
  const outcome = await lab('tour', dir);
  expect({ code: outcome.code, error: errorOf(outcome).code }).toEqual({ code: 5, error: 'LAB_TAKEN' });
  expect(errorOf(outcome).nextSteps.join(' ')).toContain('--purge');
});
