import { mkdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { enter, onTerminal } from '#support/pseudo-terminal';
import { run, runOk } from '#support/run';
import { tempDir } from '#support/temp-dir';

const project = join(import.meta.dirname, '../..');
const readme = await readFile(join(project, 'README.md'), 'utf8');

/** The lines of the README's shell blocks, with the exit code that a comment promises. */
const commands = [...readme.matchAll(/^```sh\n([\s\S]*?)^```/gm)]
  .flatMap(([, block]) => (block as string).trim().split('\n'))
  .map((line) => ({ line: line.replace(/\s+#.*$/, ''), exit: Number(/# exit (\d+)/.exec(line)?.[1] ?? 0) }));

let place: string;
let lab: string;
let env: Record<string, string>;

beforeAll(async () => {
  place = await tempDir('readme');
  lab = join(place, 'lab');
  const bin = join(place, 'bin');
  await mkdir(bin);
  await symlink(join(project, 'bin/copilot-db.mjs'), join(bin, 'copilot-db'));
  env = { PATH: `${bin}:${process.env.PATH}`, COPILOT_DB_CONFIG: join(lab, 'copilot-db.yaml'), COPILOT_DB_STATE_DIR: join(place, 'state') };
  await runOk(join(bin, 'copilot-db'), ['lab', 'up', '--dir', lab], { env: { ...process.env, ...env } });
});

afterAll(async () => {
  await run('copilot-db', ['lab', 'down', '--purge', '--confirm', 'lab', '--dir', lab], { env: { ...process.env, ...env } });
});

/** The README's cluster is the lab here, its point in time one that the lab has seen. */
async function forTheLab(line: string): Promise<string> {
  if (!line.includes('--target-time')) return line;
  const target = new Date().toISOString();
  await sleep(50);
  // PostgreSQL stops before a transaction that it sees, so there has to be a later one, and it has to be archived.
  const client = new pg.Client({ host: join(lab, 'postgres/socket'), port: 5432, user: 'postgres', database: 'llm_copilot_agent' });
  await client.connect();
  await client.query('create table later ()');
  await client.end();
  await runOk('copilot-db', ['doctor', 'wal'], { env: { ...process.env, ...env } });
  return line
    .replace(/--target-time "[^"]+"/, `--target-time "${target}"`)
    .replace(/--data-dir \S+/, `--data-dir ${join(lab, 'restored')}`);
}

test('there is something to run', () => {
  expect(commands.length).toBeGreaterThan(8);
});

// `npm test` is what runs this.
test.each(commands.filter(({ line }) => line !== 'npm test'))('$line', { timeout: 240_000 }, async ({ line, exit }) => {
  if (line === 'npm start') {
    const { code, stdout } = await run('npm', ['start', '--', '--dir', join(place, 'tour')], { cwd: project, timeoutMs: 200_000 });
    expect(code).toBe(0);
    expect(stdout).toContain('messages are back');
    return;
  }
  const session = onTerminal('sh', ['-c', await forTheLab(line)], env);
  if (line.includes('restore pitr')) {
    await session.see('Go on?', 60_000);
    session.type(`y${enter}`);
  }
  expect({ exit: await session.done, screen: session.screen() }).toMatchObject({ exit });
});
