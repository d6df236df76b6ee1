import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { isRoot, postgresUser } from '#support/os-users';
import { builtProgram } from '#support/program';
import { run } from '#support/run';
import { tempDir } from '#support/temp-dir';
import { processesUnder } from '../../scripts/test/processes.mjs';

let home: string;
beforeAll(async () => {
  ({ home } = await builtProgram());
});

/** As in a container that forbids user namespaces: in a mount namespace of its own, `unshare` fails for the program. */
function lab(cwd: string, ...args: readonly string[]) {
  const program = [process.execPath, join(home, 'bin', 'copilot-db.mjs'), 'lab', ...args, '--json'];
  const script = 'mount --bind /bin/false /usr/bin/unshare && exec "$@"';
  return run('unshare', ['--mount', 'sh', '-c', script, 'sh', ...program], {
    cwd,
    env: { PATH: process.env.PATH, COPILOT_DB_STATE_DIR: join(cwd, 'state') },
    timeoutMs: 110_000,
  });
}

describe.runIf(isRoot && process.platform === 'linux')('root, where user namespaces are forbidden', () => {
  test('plays the tour with a server, and commands, of an unprivileged user', async () => {
    const cwd = await tempDir('plain');
    const { code, stdout, stderr } = await lab(cwd, 'tour', '--postgres', '15');
    expect({ code, stderr }).toMatchObject({ code: 0 });
    expect(stderr).toContain(`run as ${postgresUser().name}, who owns the repository`);
    const { data } = JSON.parse(stdout);
    expect(data.restored).toEqual(data.before);
    expect(await readdir(cwd)).toEqual(['state']);
    expect(processesUnder(cwd)).toEqual([]);
  });

  test('is told, before anything is written, when that user cannot enter the directory', async () => {
    const cwd = join(await tempDir('closed'), 'inner');
    await mkdir(cwd, { mode: 0o700 });
    const { code, stdout } = await lab(cwd, 'up', '--postgres', '15');
    expect(code).toBe(2);
    expect(JSON.parse(stdout).error).toMatchObject({
      code: 'SERVER_USER_SHUT_OUT',
      details: { directory: cwd, user: postgresUser().name },
    });
    expect((await readdir(cwd)).filter((name) => name !== 'state')).toEqual([]);
  });
});
