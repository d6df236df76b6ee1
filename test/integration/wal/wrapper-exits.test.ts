import { spawn } from 'node:child_process';
import { copyFile, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type RunResult, run } from '#support/run';
import { tempDir } from '#support/temp-dir';
import { brokenWalHome } from '#support/wal-program';

const segment = '000000010000000000000003';

/** What the program may do that is no answer. PostgreSQL must never take one of them for "archived" or "not there". */
const accidents: readonly (readonly [string, string | undefined])[] = [
  ['is missing', undefined],
  ['is empty', ''],
  ['imports a module that is missing', `import './missing.mjs';`],
  ['has a syntax error', 'const = 1;'],
  ['throws', `throw new Error('no');`],
  ['rejects', `Promise.reject(new Error('no'));`],
  ['never settles', 'await new Promise(() => {});'],
  ['returns without an answer', 'new Promise(() => {});'],
  ['says 0', 'process.exit(0);'],
  ['says 1', 'process.exit(1);'],
  ['says 2', 'process.exit(2);'],
  ['says 126', 'process.exit(126);'],
  ['says 255', 'process.exit(255);'],
  ['aborts', 'process.abort();'],
  ['is killed', `process.kill(process.pid, 'SIGKILL');`],
  [
    'runs out of memory',
    `import v8 from 'node:v8'; v8.setFlagsFromString('--max-old-space-size=8'); const all = []; for (;;) all.push({ at: all.length });`,
  ],
  ['hangs before it can time out', 'for (;;);'],
];

function push(wrapper: string, options: { env?: Record<string, string>; cwd?: string } = {}): Promise<RunResult> {
  return run(wrapper, ['push', '--config', '/nowhere.yaml', `pg_wal/${segment}`], { env: {}, ...options });
}

function fetch(wrapper: string, mode: readonly string[], options: { env?: Record<string, string>; cwd?: string } = {}): Promise<RunResult> {
  const args = ['fetch', '--config', '/nowhere.yaml', ...mode, segment, 'pg_wal/RECOVERYXLOG'];
  return run(wrapper, args, { env: {}, ...options });
}

const says = (code: number) => `process.exit(${code});`;

describe.each(accidents)('a program that %s', (_, program) => {
  it('is no success and no absence', async () => {
    const { wrapper } = await brokenWalHome(program);
    const env = { COPILOT_DB_WAL_DEADLINE: '3' };
    const [pushed, recovered, standby] = await Promise.all([
      push(wrapper, { env }),
      fetch(wrapper, [], { env }),
      fetch(wrapper, ['--mode', 'standby'], { env }),
    ]);
    expect(pushed).toMatchObject({ code: 1, signal: null });
    expect(recovered).toMatchObject({ code: 126, signal: null });
    expect(standby).toMatchObject({ code: 1, signal: null });
    expect(recovered.stderr).toMatch(new RegExp(`copilot-db-wal: fetch ${segment}: .*PostgreSQL is told 126`));
  });
});

describe('the answers of the program', () => {
  it('done is success of a push', async () => {
    expect(await push((await brokenWalHome(says(43))).wrapper)).toMatchObject({ code: 0, stderr: '' });
  });

  it('done is success of a fetch only when the file is there', async () => {
    const { wrapper } = await brokenWalHome(says(43));
    const cwd = await tempDir();
    expect(await fetch(wrapper, [], { cwd })).toMatchObject({ code: 126 });
    await mkdir(join(cwd, 'pg_wal'));
    await writeFile(join(cwd, 'pg_wal', 'RECOVERYXLOG'), '');
    expect(await fetch(wrapper, [], { cwd })).toMatchObject({ code: 126 });
    await writeFile(join(cwd, 'pg_wal', 'RECOVERYXLOG'), 'something');
    expect(await fetch(wrapper, [], { cwd })).toMatchObject({ code: 0, stderr: '' });
  });

  it('absent is "no such file", silently, and never an answer to a push', async () => {
    const { wrapper } = await brokenWalHome(says(44));
    expect(await fetch(wrapper, [])).toMatchObject({ code: 1, stderr: '' });
    expect(await fetch(wrapper, ['--mode=standby'])).toMatchObject({ code: 1 });
    expect(await push(wrapper)).toMatchObject({ code: 1 });
  });

  it.each([[[]], [['pull']], [['fetch', '--config', '/c', '--mode', 'standbye', 'a', 'b']]])(
    'a wrong command line %j stops the server',
    async (args) => {
      const { wrapper } = await brokenWalHome(says(44));
      expect(await run(wrapper, args, { env: {} })).toMatchObject({ code: 126 });
    },
  );
});

describe('finding node', () => {
  /** What the wrapper itself needs, and no node. */
  async function pathWithoutNode(): Promise<string> {
    const directory = await tempDir('path');
    for (const tool of ['sleep', 'readlink']) await symlink(`/usr/bin/${tool}`, join(directory, tool));
    return directory;
  }

  it('fails safely where there is none', async () => {
    const { wrapper } = await brokenWalHome(says(44));
    const PATH = await pathWithoutNode();
    expect(await fetch(wrapper, [], { env: { PATH } })).toMatchObject({ code: 126 });
    expect(await push(wrapper, { env: { PATH } })).toMatchObject({ code: 1 });
    expect(await fetch(wrapper, [], { env: { PATH, COPILOT_DB_NODE: '/nowhere/node' } })).toMatchObject({ code: 126 });
  });

  it('says so at once, however soon the program ended', async () => {
    const { wrapper } = await brokenWalHome(says(44));
    const env = { PATH: await pathWithoutNode(), COPILOT_DB_NODE: '/nowhere/node', COPILOT_DB_WAL_DEADLINE: '30' };
    for (let attempt = 0; attempt < 40; attempt++) {
      const startedAt = Date.now();
      expect(await fetch(wrapper, [], { env })).toMatchObject({ code: 126 });
      expect(Date.now() - startedAt).toBeLessThan(10_000);
    }
  });

  it('takes the one that is named, else the recorded one, else PATH', async () => {
    const { home, wrapper } = await brokenWalHome(says(44));
    const PATH = await pathWithoutNode();
    expect(await fetch(wrapper, [], { env: { PATH, COPILOT_DB_NODE: process.execPath } })).toMatchObject({ code: 1 });
    await writeFile(join(home, 'dist', 'node-path'), `${process.execPath}\n`);
    expect(await fetch(wrapper, [], { env: { PATH } })).toMatchObject({ code: 1 });
    await writeFile(join(home, 'dist', 'node-path'), '/moved/away/node\n');
    expect(await fetch(wrapper, [], { env: { PATH } })).toMatchObject({ code: 126 });
    expect(await fetch(wrapper, [], { env: { PATH: `${PATH}:${dirname(process.execPath)}` } })).toMatchObject({ code: 1 });
  });

  it('works under an empty environment and through symbolic links, and keeps NODE_OPTIONS out', async () => {
    const { home, wrapper } = await brokenWalHome(says(44));
    await symlink('bin/copilot-db-wal', join(home, 'relative'));
    await mkdir(join(home, 'else where'));
    await symlink('../relative', join(home, 'else where', 'twice'));
    expect(await fetch(wrapper, [], { env: {} })).toMatchObject({ code: 1 });
    expect(await fetch(join(home, 'else where', 'twice'), [], { env: {}, cwd: home })).toMatchObject({ code: 1 });
    expect(await fetch(wrapper, [], { env: { NODE_OPTIONS: '--no-such-flag' } })).toMatchObject({ code: 1 });
  });

  it('fails safely when a link leads nowhere', async () => {
    const { home, wrapper } = await brokenWalHome(says(44));
    await rm(join(home, 'dist'), { recursive: true });
    await copyFile(wrapper, join(home, 'alone'));
    expect(await fetch(join(home, 'alone'), [], { env: {} })).toMatchObject({ code: 126 });
  });
});

describe('signals', () => {
  const waiting = `process.on('SIGTERM', () => process.exit(143)); setInterval(() => {}, 1000); console.log('up');`;
  const stubborn = `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('up');`;

  async function terminate(
    program: string,
    args: readonly string[],
  ): Promise<{ code: number | null; signal: string | null; tookMs: number }> {
    const { wrapper } = await brokenWalHome(program);
    const child = spawn(wrapper, args, { env: {}, stdio: ['ignore', 'pipe', 'ignore'] });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    const started = performance.now();
    child.kill('SIGTERM');
    return new Promise((resolve) => child.once('exit', (code, signal) => resolve({ code, signal, tookMs: performance.now() - started })));
  }

  it('SIGTERM ends a fetch by SIGTERM, so that PostgreSQL knows its own shutdown', async () => {
    const ended = await terminate(waiting, ['fetch', '--config', '/c', segment, 'x']);
    expect(ended).toMatchObject({ code: null, signal: 'SIGTERM' });
    expect(ended.tookMs).toBeLessThan(2000);
  });

  it('also when the program does not listen', async () => {
    expect(await terminate(stubborn, ['fetch', '--config', '/c', segment, 'x'])).toMatchObject({ code: null, signal: 'SIGTERM' });
  });

  it('SIGTERM of the program alone does the same', async () => {
    const { wrapper } = await brokenWalHome(`process.kill(process.pid, 'SIGTERM'); setInterval(() => {}, 1000);`);
    expect(await fetch(wrapper, [])).toMatchObject({ code: null, signal: 'SIGTERM' });
  });

  it('SIGTERM ends a push without an answer', async () => {
    expect(await terminate(waiting, ['push', '--config', '/c', `pg_wal/${segment}`])).toMatchObject({ code: 1 });
  });

  it('nothing of it stays behind', async () => {
    const { home, wrapper } = await brokenWalHome(says(43));
    await push(wrapper, { cwd: home });
    await sleep(50);
    const left = await run('pgrep', ['-f', `${home}/`]);
    expect(left.stdout).toBe('');
  });
});

it('a shell that cannot start a process is no success and no absence', async () => {
  const { wrapper } = await brokenWalHome(says(44));
  // Root is above such limits.
  const asNobody = process.getuid?.() === 0 ? ['setpriv', '--reuid', '65534', '--regid', '65534', '--clear-groups'] : [];
  const told = async (...words: string[]) => {
    const [command, ...rest] = [...asNobody, 'prlimit', '--nproc=1', wrapper, ...words] as [string, ...string[]];
    const { code, signal, stderr } = await run(command, rest, { env: { PATH: process.env.PATH ?? '', COPILOT_DB_NODE: process.execPath } });
    expect(stderr).toContain(`copilot-db-wal: ${words[0]} ${segment}: the shell ended before its time`);
    return { code, signal };
  };
  expect(await told('push', '--config', '/nowhere.yaml', `pg_wal/${segment}`)).toEqual({ code: 1, signal: null });
  expect(await told('fetch', '--config', '/nowhere.yaml', segment, 'pg_wal/RECOVERYXLOG')).toEqual({ code: 126, signal: null });
});
