import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { runChild, spawnChild } from '#platform/child';
import { tempDir } from '#support/temp-dir';

const never = new AbortController().signal;
const env = { PATH: process.env.PATH };

/** A zombie is dead, however late init reaps it. */
function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  const stat = process.platform === 'linux' ? readFileSync(`/proc/${pid}/stat`, 'utf8') : '';
  return !stat.slice(stat.lastIndexOf(')')).startsWith(') Z');
}

/** Waits for a process that was told to die; the kernel needs a moment. */
async function untilDead(pid: number): Promise<boolean> {
  for (let i = 0; i < 100 && isAlive(pid); i += 1) await sleep(20);
  return !isAlive(pid);
}

async function pidFrom(path: string): Promise<number> {
  for (let i = 0; i < 200; i += 1) {
    const text = await readFile(path, 'utf8').catch(() => '');
    if (text.endsWith('\n')) return Number(text);
    await sleep(20);
  }
  throw new Error(`no pid in ${path}`);
}

describe('runChild', () => {
  test('gives output and exit code; a non-zero exit is a result', async () => {
    const exit = await runChild('sh', ['-c', 'cat; echo problem >&2; exit 3'], { env, input: 'hello', signal: never });
    expect(exit.stdout.toString()).toBe('hello');
    expect(exit).toMatchObject({ code: 3, succeeded: false, stderrTail: 'problem' });
  });

  test('a program that is not there is named, with what to do', async () => {
    const failure = runChild('no-such-program', [], { env, signal: never });
    await expect(failure).rejects.toMatchObject({ code: 'BINARY_MISSING', exitCode: 2, details: { program: 'no-such-program' } });
    await failure.catch((error) => expect(error.nextSteps.length).toBeGreaterThan(0));
    await expect(runChild('/etc/passwd', [], { env, signal: never })).rejects.toMatchObject({ code: 'BINARY_MISSING' });
  });

  test('a working directory that is not there does not start it', async () => {
    await expect(runChild('true', [], { env, cwd: '/no/such/directory', signal: never })).rejects.toMatchObject({
      code: 'CHILD_NOT_STARTED',
    });
  });

  test('stderr is kept to its last whole lines', async () => {
    const exit = await runChild('sh', ['-c', 'i=0; while [ $i -lt 4000 ]; do echo "line $i" >&2; i=$((i+1)); done'], {
      env,
      signal: never,
    });
    expect(exit.stderrTail.length).toBeLessThanOrEqual(8192);
    expect(exit.stderrTail).toMatch(/^line \d+\n[\s\S]*line 3999$/);
  });

  test('too much output stops it', async () => {
    await expect(runChild('yes', [], { env, maxOutputBytes: 100_000, signal: never })).rejects.toMatchObject({
      code: 'CHILD_OUTPUT_TOO_LARGE',
    });
  });

  test('the environment of this process is not handed down', async () => {
    process.env.COPILOT_DB_TEST_LEAK = 'x';
    const { stdout } = await runChild('env', [], { signal: never });
    delete process.env.COPILOT_DB_TEST_LEAK;
    expect(stdout.toString()).not.toContain('COPILOT_DB_TEST_LEAK');
  });

  test('an abort is thrown as its reason', async () => {
    const reason = new Error('enough');
    const abort = new AbortController();
    setTimeout(() => abort.abort(reason), 50);
    await expect(runChild('sleep', ['30'], { env, signal: abort.signal })).rejects.toBe(reason);
    await expect(runChild('true', [], { env, signal: abort.signal })).rejects.toBe(reason);
  });
});

describe('the process group', () => {
  test('a grandchild that ignores SIGTERM and keeps the pipe open is killed on abort', async () => {
    const pidFile = join(await tempDir(), 'pid');
    const abort = new AbortController();
    const script = `(trap "" TERM; echo $$ > /dev/null; sh -c 'trap "" TERM; echo $$ > ${pidFile}; sleep 60') & wait`;
    const child = spawnChild('sh', ['-c', script], { env, signal: abort.signal, killAfterMs: 200 });
    child.stdout.resume();
    const grandchild = await pidFrom(pidFile);
    const start = Date.now();
    abort.abort();
    expect((await child.done).succeeded).toBe(false);
    expect(Date.now() - start).toBeLessThan(3000);
    expect(await untilDead(grandchild)).toBe(true);
  });

  test('a grandchild that is left behind by a leader that ended is killed', async () => {
    const pidFile = join(await tempDir(), 'pid');
    const exit = await runChild('sh', ['-c', `sh -c 'echo $$ > ${pidFile}; exec sleep 60' >/dev/null 2>&1 & sleep 0.2`], {
      env,
      signal: never,
    });
    expect(exit.succeeded).toBe(true);
    expect(await untilDead(await pidFrom(pidFile))).toBe(true);
  });

  test('stop asks with the wanted signal first', async () => {
    const child = spawnChild('sh', ['-c', 'trap "echo asked; exit 7" INT; echo up; while :; do sleep 0.05; done'], {
      env,
      signal: never,
      stopSignal: 'SIGINT',
    });
    let text = '';
    child.stdout.on('data', (chunk) => (text += chunk));
    while (!text.includes('up')) await sleep(10);
    await child.stop();
    expect(await child.done).toMatchObject({ code: 7 });
    expect(text).toBe('up\nasked\n');
  });
});

describe.skipIf(process.platform !== 'linux')('the death of this process', () => {
  /** A program of its own that starts a child as the tool does, then waits. */
  async function startParent(ending: string): Promise<{ parentPid: number; childPid: number }> {
    const directory = await tempDir('parent');
    const source = join(directory, 'parent.ts');
    const pidFile = join(directory, 'pid');
    await writeFile(
      source,
      `import { spawnChild } from '${join(process.cwd(), 'src/platform/child.ts')}';
       const child = spawnChild('sh', ['-c', 'trap "" TERM; echo $$ > ${pidFile}; while :; do sleep 1; done'],
         { env: { PATH: '${env.PATH}' }, signal: new AbortController().signal });
       child.stdout.resume();
       ${ending}`,
    );
    const outfile = join(directory, 'parent.mjs');
    await build({
      entryPoints: [source],
      outfile,
      bundle: true,
      platform: 'node',
      format: 'esm',
      packages: 'external',
      logLevel: 'silent',
    });
    const parent = spawn(process.execPath, [outfile], { stdio: 'ignore' });
    return { parentPid: parent.pid as number, childPid: await pidFrom(pidFile) };
  }

  test('SIGKILL takes the child along', async () => {
    const { parentPid, childPid } = await startParent('');
    expect(isAlive(childPid)).toBe(true);
    process.kill(parentPid, 'SIGKILL');
    expect(await untilDead(childPid)).toBe(true);
  });

  test('so does an exit', async () => {
    const { childPid } = await startParent('setTimeout(() => process.exit(0), 400);');
    expect(await untilDead(childPid)).toBe(true);
  });
});
