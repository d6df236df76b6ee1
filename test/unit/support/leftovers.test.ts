import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { leftAfter, leftIn } from '#support/processes';
import { reapFile } from '#support/reaper';
import { tempDir } from '#support/temp-dir';
import { isSameProcessAlive, killProcesses, listProcesses, processesUnder } from '../../../scripts/test/processes.mjs';
import { openTestRoot } from '../../../scripts/test/test-root.mjs';

function sleeper(cwd: string, env: Record<string, string> = {}): ChildProcess {
  return spawn('sleep', ['300'], { cwd, env: { PATH: process.env.PATH, ...env }, stdio: 'ignore', detached: true });
}

it('a process that was left is seen by its directory, and gone after it is killed', async () => {
  const directory = await tempDir();
  expect(leftIn(directory)).toEqual({ processes: [], ports: [] });
  const child = sleeper(directory);
  expect(await leftAfter(directory, 200)).toEqual(['sleep 300']);
  await killProcesses(processesUnder(directory));
  expect(listProcesses().some((entry) => entry.pid === child.pid)).toBe(false);
  expect(await leftAfter(directory, 0)).toEqual([]);
});

it('a directory whose name begins alike is another one', async () => {
  const directory = await tempDir();
  await mkdir(`${directory}-more`);
  const others = [sleeper(`${directory}-more`), spawnMention(`${directory}-more/x`)];
  expect(processesUnder(directory)).toEqual([]);
  const named = spawnMention(`${directory}/x`);
  await expect.poll(() => processesUnder(directory).map((entry) => entry.pid)).toEqual([named.pid]);
  const groups = [...others, named].map((child) => child.pid);
  await killProcesses(listProcesses().filter((entry) => groups.includes(entry.groupId)));
});

function spawnMention(path: string): ChildProcess {
  return spawn('sh', ['-c', 'sleep 300; :', path], { cwd: '/', stdio: 'ignore', detached: true });
}

it('closing a root names what nothing stopped, kills it, and spares no word about shared servers', async () => {
  const root = openTestRoot();
  await mkdir(`${root.path}/shared`);
  const shared = sleeper(`${root.path}/shared`);
  const forgotten = sleeper(root.path);
  const byEnvironment = sleeper('/', { COPILOT_DB_TEST_ROOT: root.path });
  await sleep(100);
  const left = await root.close({ byEnvironment: true });
  expect(left.map((entry) => entry.pid).sort()).toEqual([forgotten.pid, byEnvironment.pid].sort());
  const pids = [shared.pid, forgotten.pid, byEnvironment.pid];
  expect(listProcesses().filter((entry) => pids.includes(entry.pid))).toEqual([]);
  expect(existsSync(root.path)).toBe(false);
});

it('a run that is killed takes its servers and its directory with it', async () => {
  const script = `
    import { spawn } from 'node:child_process';
    import { openTestRoot } from '${new URL('../../../scripts/test/test-root.mjs', import.meta.url).href}';
    const root = openTestRoot();
    const server = spawn('sleep', ['300'], { cwd: root.path, detached: true, stdio: 'ignore' });
    process.stdout.write(JSON.stringify({ root: root.path, pid: server.pid }));
    setInterval(() => {}, 1000);`;
  const run = spawn(process.execPath, ['--input-type=module', '-e', script], { cwd: '/', stdio: ['ignore', 'pipe', 'inherit'] });
  const { root, pid } = JSON.parse(String(await new Promise((resolve) => run.stdout.once('data', resolve)))) as {
    root: string;
    pid: number;
  };
  const server = listProcesses().find((entry) => entry.pid === pid);
  expect(server).toBeDefined();
  run.kill('SIGKILL');
  await expect.poll(() => existsSync(root), { timeout: 8_000 }).toBe(false);
  expect(server !== undefined && isSameProcessAlive(server)).toBe(false);
});

// Last: it takes this file's directory away.
it('a file that leaves something running fails, and what it left is killed', async () => {
  const directory = await tempDir();
  const child = sleeper(directory);
  await expect(reapFile()).rejects.toThrow(new RegExp(`left running at the end of the file, now killed:\\n {2}${child.pid} sleep 300`));
  expect(listProcesses().some((entry) => entry.pid === child.pid)).toBe(false);
  expect(existsSync(directory)).toBe(false);
});
