import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { asUser, plainUser } from '#support/os-users';
import { leftIn } from '#support/processes';
import { builtProgram } from '#support/program';
import { type Accident, ask, makeAccident, newDataDir, stopAtEnd } from '#support/restore/accident';
import { run } from '#support/run';
import { tempDir } from '#support/temp-dir';

/** The first trace of each part of the work, in its order. */
const moments: readonly (readonly [string, string])[] = [
  ['it has only made the directory', 'copilot-db.restore.json'],
  ['files are being extracted', 'base/1'],
  ['files are still being extracted', 'pg_wal'],
  ['the configuration is written', 'recovery.signal'],
  ['all is in its place', 'global/pg_control'],
  ['the server was started', 'postmaster.pid'],
];

describe('a restore by a plain user that is killed', () => {
  const user = plainUser();
  let accident: Accident;
  let command: string[];
  let env: Record<string, string | undefined>;

  beforeAll(async () => {
    accident = await makeAccident({ major: 15, kind: 'initdb', user });
    const { main } = await builtProgram();
    command = [
      main,
      'restore',
      'pitr',
      '--config',
      accident.configPath,
      '--target-time',
      accident.at200,
      '--start',
      '--yes',
      '--json',
      '--data-dir',
    ];
    env = { PATH: process.env.PATH, HOME: '/nonexistent', COPILOT_DB_STATE_DIR: await tempDir('state', { owner: user }) };
  });

  it.each(moments)('when %s is made good by the same command', async (_, trace) => {
    const dataDir = await newDataDir(accident);
    const { command: program, args } = asUser(user, process.execPath, [...command, dataDir]);
    const child = spawn(program, args, { env: env as NodeJS.ProcessEnv, stdio: 'ignore', cwd: '/' });
    const ended = new Promise((resolve) => child.once('close', resolve));
    while (!existsSync(join(dataDir, trace)) && child.exitCode === null) await sleep(1);
    child.kill('SIGKILL');
    await ended;
    stopAtEnd(dataDir);
    await sleep(50);
    expect(
      leftIn(dataDir).processes.filter((entry) => !entry.commandLine.startsWith('postgres') && !entry.commandLine.includes('bin/postgres')),
    ).toEqual([]);

    const again = await run(process.execPath, [...command, dataDir], { user, env });
    expect(again.stdout).toContain('"ok":true');
    const { data } = JSON.parse(again.stdout);
    expect(data.state).toBe('running');
    expect(await ask(data.connection, 'select count(*)::int as rows from kept', dataDir)).toEqual([{ rows: 200 }]);
    expect(await readdir(dataDir)).not.toContain('copilot-db.restore.json');
  });

  it('leaves no server behind when it is cancelled', async () => {
    const dataDir = await newDataDir(accident);
    const { command: program, args } = asUser(user, process.execPath, [...command, dataDir]);
    const child = spawn(program, args, { env: env as NodeJS.ProcessEnv, stdio: 'ignore', cwd: '/' });
    const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
    while (!existsSync(join(dataDir, 'postmaster.pid')) && child.exitCode === null) await sleep(1);
    child.kill('SIGTERM');
    expect(await ended).toBe(143);
    expect(leftIn(dataDir).processes).toEqual([]);
    const again = await run(process.execPath, [...command, dataDir], { user, env });
    stopAtEnd(dataDir);
    expect(again.code).toBe(0);
  });
});
