import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { ChangeContext, ChangeModule, CommandSpec, ReadModule } from '#commands/command';
import { OpsError } from '#kernel/errors';
import { silentReporter } from '#kernel/events';
import type { Plan } from '#kernel/plan';
import { systemClock } from '#kernel/time';
import { runCommandLine } from '#support/cli';
import { tempDir } from '#support/temp-dir';
import { lines, table } from '#ui/view';

/** What the commands of this test work on: a shelf of jars. */
const shelf = { jars: ['a', 'b'], executed: 0, onPlan: () => {} };

const breakJars: ChangeModule = {
  result: z.object({ broken: z.array(z.string()) }),
  plan: async () => {
    shelf.onPlan();
    return {
      summary: `break ${shelf.jars.length} jars`,
      steps: shelf.jars.map((jar) => ({ id: jar, title: `break ${jar}` })),
      facts: {},
      confirmName: 'shelf',
    };
  },
  execute: async (ctx: ChangeContext<never>, plan: Plan<never>) => {
    for (const step of plan.steps) {
      await ctx.journal.step(step.id, 'begin');
      shelf.executed++;
      await ctx.journal.step(step.id, 'done');
    }
    return { broken: plan.steps.map((step) => step.id) };
  },
  view: (result: { broken: string[] }) => lines(`broken: ${result.broken.join(' ')}`),
};

const listJars: ReadModule = {
  result: z.object({ jars: z.array(z.string()) }),
  run: async (ctx) => {
    const { fail } = ctx.input as { fail?: string };
    if (fail === 'known') throw new OpsError('LOCK_HELD', { message: 'somebody is at the shelf' });
    if (fail === 'unknown') throw new TypeError('jar is not a function');
    ctx.reporter.warn('one jar is old');
    return { jars: shelf.jars };
  },
  view: (result: { jars: string[] }) =>
    table(
      result.jars,
      [
        { title: 'jar', value: (jar) => jar },
        { title: 'full', value: () => true },
        { title: 'made of', value: () => 'glass', isForScripts: true },
      ],
      { empty: 'no jars' },
    ),
  exit: (result: { jars: string[] }) => (result.jars.length === 0 ? 'findings' : 'ok'),
};

const spec = (path: string[], more: Partial<CommandSpec>): CommandSpec => ({
  path,
  summary: 'something with jars',
  examples: [],
  policy: { config: [], effect: 'change', danger: 'destructive' },
  result: `${path.join('.')}/1`,
  load: async () => breakJars,
  ...more,
});

const specs: readonly CommandSpec[] = [
  spec(['jar', 'break'], {}),
  spec(['jar', 'move'], { policy: { config: [], effect: 'change', danger: 'careful' } }),
  spec(['jar', 'list'], {
    policy: { config: [], effect: 'read' },
    options: [
      { name: 'fail', kind: 'string', choices: ['known', 'unknown'], help: 'fail' },
      { name: 'at', kind: 'moment', help: 'a time' },
      { name: 'every', kind: 'duration', help: 'a duration', env: true },
    ],
    load: async () => listJars,
  }),
  spec(['jar', 'count'], { policy: { config: ['redis'], effect: 'read' }, load: async () => listJars }),
];

let stateDirectory: string;
const run = (line: string, more: object = {}) => runCommandLine(line.split(' '), { specs, stateDirectory, ...more });
const runs = () => readdirSync(join(stateDirectory, 'runs')).map((name) => readFileSync(join(stateDirectory, 'runs', name), 'utf8'));
const auditLines = () =>
  readFileSync(join(stateDirectory, 'audit.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

beforeEach(async () => {
  stateDirectory = await tempDir();
  shelf.jars = ['a', 'b'];
  shelf.executed = 0;
  shelf.onPlan = () => {};
});

describe('guards', () => {
  test('a destructive act wants the name; --yes does not cover it, another name is refused', async () => {
    for (const flags of ['', ' --yes', ' --confirm shelves']) {
      const { code, stderr } = await run(`jar break${flags}`);
      expect(code).toBe(5);
      expect(stderr).toContain(flags.includes('shelves') ? 'shelves' : '--confirm shelf');
    }
    expect(shelf.executed).toBe(0);
    expect(auditLines().map(({ outcome, code }) => `${outcome} ${code}`)).toEqual([
      'refused CONFIRMATION_REQUIRED',
      'refused CONFIRMATION_REQUIRED',
      'refused CONFIRMATION_WRONG',
    ]);
    expect((await run('jar break --confirm shelf')).code).toBe(0);
    expect(shelf.executed).toBe(2);
  });

  test('a careful act refuses without a terminal and prints the exact flag', async () => {
    const refused = await run('jar move');
    expect(refused).toMatchObject({ code: 5, stdout: '' });
    expect(refused.stderr).toContain('--yes');
    expect(await run('jar move --yes')).toMatchObject({ code: 0, stdout: 'broken: a b\n' });
  });

  test('confirmations have no twin in the environment', async () => {
    const env = { COPILOT_DB_YES: 'true', COPILOT_DB_CONFIRM: 'shelf' };
    expect((await run('jar move', { env })).code).toBe(5);
    expect((await run('jar break', { env })).code).toBe(5);
  });
});

describe('plans', () => {
  test('--dry-run shows the plan and does nothing', async () => {
    const { code, stdout } = await run('jar break --dry-run');
    expect(code).toBe(0);
    expect(stdout).toContain('break a');
    expect(shelf.executed).toBe(0);
  });

  test('--plan executes exactly the plan that was written, and refuses when the world moved', async () => {
    const file = join(stateDirectory, 'plan.json');
    await run(`jar move --plan-out ${file}`);
    expect(shelf.executed).toBe(0);
    expect((await run(`jar move --plan ${file}`)).code).toBe(0);
    expect(shelf.executed).toBe(2);
    shelf.jars = ['a', 'b', 'c'];
    const moved = await run(`jar move --plan ${file}`);
    expect(moved.code).toBe(5);
    expect(moved.stderr).toContain('PLAN_MOVED');
    expect(shelf.executed).toBe(2);
  });

  test('a plan file does not replace the typed name', async () => {
    const file = join(stateDirectory, 'plan.json');
    await run(`jar break --plan-out ${file}`);
    expect((await run(`jar break --plan ${file}`)).code).toBe(5);
    expect((await run(`jar break --plan ${file} --confirm shelf`)).code).toBe(0);
  });

  test('an edited plan, one of another command and no plan at all are refused', async () => {
    const file = join(stateDirectory, 'plan.json');
    await run(`jar move --plan-out ${file}`);
    expect((await run(`jar break --plan ${file} --confirm shelf`)).code).toBe(2);
    writeFileSync(file, readFileSync(file, 'utf8').replace('break a', 'break x'));
    expect((await run(`jar move --plan ${file}`)).stderr).toContain('edited');
    expect((await run(`jar move --plan ${join(stateDirectory, 'none')}`)).code).toBe(2);
    expect(shelf.executed).toBe(0);
  });

  test('reading commands have no plan', async () => {
    expect((await run('jar list --dry-run')).code).toBe(2);
  });
});

describe('locks', () => {
  test('a lock that cannot be given back is a warning, and what was done stays done', async () => {
    const { runChange } = await import('#operations/run');
    const warnings: string[] = [];
    const result = await runChange(
      {
        command: 'jar break',
        target: 'shelf',
        danger: 'safe',
        plan: async () => ({ summary: 'break one', steps: [{ id: 'a', title: 'Break a' }], facts: {} }),
        execute: async () => 'broken',
        lock: async () => ({ release: () => Promise.reject(new Error('the connection is gone')) }),
      },
      {
        runId: 'run',
        actor: 'tester',
        stateDirectory,
        clock: systemClock,
        reporter: { ...silentReporter, warn: (message) => void warnings.push(message) },
        consent: { yes: false, confirm: undefined, plannedBefore: false },
        ask: undefined,
        show: () => {},
        expectedHash: undefined,
        auditClient: async () => undefined,
        told: (error) => error,
      },
    );
    expect(result).toBe('broken');
    expect(warnings).toEqual(['the lock was not given back: the connection is gone']);
    expect(auditLines().map(({ outcome }) => outcome)).toEqual(['done']);
  });
});

describe('traces', () => {
  test('the journal has the start, every step and the end; the audit line has the plan hash', async () => {
    await run('jar move --yes');
    const [journal] = runs();
    const written =
      journal
        ?.trim()
        .split('\n')
        .map((line) => JSON.parse(line)) ?? [];
    expect(written.map((line) => line.kind)).toEqual(['start', 'step', 'step', 'step', 'step', 'end']);
    expect(auditLines()[0]).toMatchObject({ outcome: 'done', actor: 'tester', planHash: written[0].planHash });
  });

  test('without a journal nothing is changed', async () => {
    writeFileSync(join(stateDirectory, 'runs'), 'in the way');
    const { code, stderr } = await run('jar move --yes');
    expect(code).toBe(1);
    expect(stderr).toContain('JOURNAL_UNWRITABLE');
    expect(shelf.executed).toBe(0);
  });
});

describe('results', () => {
  test('a table on a terminal, tab-separated values elsewhere, one JSON document with --json', async () => {
    expect((await run('jar list', { isTerminal: true })).stdout).toBe('JAR  FULL\na    yes\nb    yes\n');
    expect((await run('jar list')).stdout).toBe('a\tyes\tglass\nb\tyes\tglass\n');
    const { stdout } = await run('jar list --json');
    expect(JSON.parse(stdout)).toMatchObject({
      schema: 'copilot-db/jar.list/1',
      ok: true,
      data: { jars: ['a', 'b'] },
      warnings: ['one jar is old'],
    });
    expect(JSON.parse(stdout).meta).toMatchObject({
      version: '0.0.0-test',
      durationMs: expect.any(Number),
      maxRssBytes: expect.any(Number),
    });
  });

  test('an empty list says so on a terminal, is nothing elsewhere, and has its own exit', async () => {
    shelf.jars = [];
    expect(await run('jar list', { isTerminal: true })).toMatchObject({ code: 3, stdout: 'no jars\n' });
    expect(await run('jar list')).toMatchObject({ code: 3, stdout: '' });
  });

  test.each([
    ['jar list --fail known', 6, 'LOCK_HELD'],
    ['jar list --fail unknown', 1, 'UNEXPECTED'],
    ['jar list --fail sometimes', 2, 'USAGE_INVALID'],
    ['jar list --at 2026-11-23T10:00', 2, 'TIME_NAIVE'],
    ['jar list --every 5', 2, 'USAGE_INVALID'],
    ['jar lst', 2, 'USAGE_INVALID'],
    ['jar list --fial known', 2, 'USAGE_INVALID'],
    ['jar count', 2, 'CONFIG_NOT_FOUND'],
  ])('%s fails with %i as text and as JSON', async (line, code, name) => {
    const text = await run(line);
    expect(text).toMatchObject({ code, stdout: '' });
    expect(text.stderr).toContain(`[${name}]`);
    expect(text.stderr).toContain('next:');
    const json = await run(`${line} --json`);
    expect(json.code).toBe(code);
    expect(JSON.parse(json.stdout)).toMatchObject({ ok: false, error: { code: name, exitCode: code } });
  });

  test('what nobody foresaw gets a report without the values of the command line', async () => {
    const { stderr } = await run('jar list --fail unknown --config /secret/place');
    const path = /report: (\S+)/.exec(stderr)?.[1] as string;
    const report = readFileSync(path, 'utf8');
    expect(report).toContain('jar is not a function');
    expect(report).not.toContain('/secret/place');
  });
});

describe('options', () => {
  test('the environment stands in for an option, and the option beats it', async () => {
    const env = { COPILOT_DB_EVERY: 'nonsense' };
    expect((await run('jar list', { env })).code).toBe(2);
    expect((await run('jar list --every 5m', { env })).code).toBe(0);
  });

  test('a signal ends a command with its own code, whatever layer noticed it', async () => {
    const { Stop } = await import('#cli/stop');
    const controller = new AbortController();
    shelf.onPlan = () => {
      controller.abort(new Stop('terminated'));
      throw new Error('the connection was closed', { cause: controller.signal.reason });
    };
    const { code, stderr } = await run('jar move --yes', { signal: controller.signal });
    expect(code).toBe(143);
    expect(stderr).toContain('CANCELLED');
    expect(auditLines()).toMatchObject([{ code: 'CANCELLED' }]);
  });

  test('a wrong option names the help of its command, whatever stands before the command', async () => {
    expect((await run('--config some.yaml jar list --evry 5m')).stderr).toContain('`copilot-db jar list --help`');
    expect((await run('jar lst')).stderr).toContain('`copilot-db jar --help`');
  });
});
