import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import { loadConfig } from '#config/load';
import { repositoriesOf } from '#config/repositories';
import { resolveSecret } from '#config/secrets';
import { isOpsError, type OpsError } from '#kernel/errors';
import { runCommandLine } from '#support/cli';
import { tempDir } from '#support/temp-dir';

let directory: string;
let path: string;

beforeEach(async () => {
  directory = await tempDir();
  path = join(directory, 'copilot-db.yaml');
});

async function problemOf(text: string, env: Record<string, string> = {}): Promise<OpsError> {
  writeFileSync(path, text);
  try {
    await loadConfig({ path, env });
  } catch (error) {
    if (isOpsError(error)) return error;
  }
  throw new Error('the configuration was accepted');
}

describe('what is wrong is named with its line', () => {
  test.each([
    ['cluster: lab\npostgres:\n  primary:\n    hots: db1\n', 'line 4: unknown key `postgres.primary.hots`, did you mean `host`?'],
    ['postgress:\n  primary: {}\n', 'line 1: unknown key `postgress`, did you mean `postgres`?'],
    ['postgres:\n  primary:\n    port: 99999\n', 'line 3: `postgres.primary.port`'],
    ['backup:\n  repositories:\n    - name: main\n', 'needs either `directory` or `s3`'],
    ['backup:\n  repositories:\n    - name: main\n      directry: /b\n', 'did you mean `directory`?'],
    ['cluster: "a b"\n', 'line 1: `cluster`'],
    ['redis:\n  tls: maybe\n', 'line 2: `redis.tls`'],
  ])('%j', async (text, expected) => {
    const error = await problemOf(text);
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.detail).toContain(expected);
  });

  test('text that is no YAML is named with line and column', async () => {
    const error = await problemOf('cluster: lab\npostgres:\n  primary: [1, 2\nredis: {}\n');
    expect(error.code).toBe('CONFIG_SYNTAX');
    expect(error.message).toMatch(/line \d+, column \d+/);
  });

  test('secrets do not show in a problem', async () => {
    const error = await problemOf('postgres:\n  primary:\n    password: [hunter2]\n');
    expect(`${error.message} ${error.detail} ${JSON.stringify(error.details)}`).not.toContain('hunter2');
  });
});

describe('variables', () => {
  const text = 'postgres:\n  primary:\n    host: ${DB_HOST:-db1}\n    port: ${DB_PORT:-5433}\n    password: ${DB_PASSWORD}\n';

  test('are replaced, fall back to their default, and take their key with them when unset', async () => {
    writeFileSync(path, text);
    const unset = await loadConfig({ path, env: {} });
    expect(unset.config.postgres?.primary).toMatchObject({ host: 'db1', port: 5433 });
    expect(unset.config.postgres?.primary).not.toHaveProperty('password');
    const set = await loadConfig({ path, env: { DB_HOST: 'db2', DB_PASSWORD: 'x' } });
    expect(set.config.postgres?.primary).toMatchObject({ host: 'db2', password: 'x' });
    expect(set.origins.get('postgres.primary.host')).toBe(`env DB_HOST (${path}:3)`);
    expect(unset.origins.get('postgres.primary.port')).toBe(`${path}:4`);
  });

  test('an unset variable in a list leaves the list without it', async () => {
    writeFileSync(path, 'redis:\n  cluster:\n    nodes:\n      - ${NODE1}\n      - ${NODE2:-b:1}\n');
    const { config } = await loadConfig({ path, env: {} });
    expect(config.redis?.cluster?.nodes).toEqual(['b:1']);
  });

  test('the environment beats the file', async () => {
    writeFileSync(path, text);
    const { config, origins } = await loadConfig({ path, env: { COPILOT_DB_POSTGRES_PRIMARY_HOST: 'db9' } });
    expect(config.postgres?.primary.host).toBe('db9');
    expect(origins.get('postgres.primary.host')).toBe('env COPILOT_DB_POSTGRES_PRIMARY_HOST');
  });
});

describe('config show', () => {
  const show = (line: string, env: Record<string, string> = {}) =>
    runCommandLine(line.split(' '), { stateDirectory: directory, cwd: directory, env });

  test('gives every value its origin and masks secrets by the schema', async () => {
    writeFileSync(path, 'cluster: lab\npostgres:\n  primary:\n    password: hunter2\n  pool: {}\n');
    const { code, stdout } = await show('config show');
    expect(code).toBe(0);
    expect(stdout).toContain(`cluster\tlab\t${path}:1`);
    expect(stdout).toContain(`postgres.primary.password\t[secret]\t${path}:4`);
    expect(stdout).toContain('postgres.primary.port\t5432\tdefault');
    expect(stdout).not.toContain('hunter2');
  });

  test('a file that is named and not there is an error, none at all is not', async () => {
    expect((await show('config show --config nowhere.yaml')).code).toBe(2);
    expect((await show('config show')).code).toBe(0);
  });
});

test('a relative directory is seen from the file that names it, whatever directory PostgreSQL or cron stand in', async () => {
  writeFileSync(path, 'cluster: lab\nbackup:\n  repositories: [{ directory: backups }]\n');
  const { config } = await loadConfig({ path, env: {} });
  const [repository] = await repositoriesOf(config, { env: {}, cwd: '/', configPath: path, signal: new AbortController().signal });
  expect(repository?.store).toMatchObject({ kind: 'directory', directory: join(directory, 'backups') });
});

describe('secrets', () => {
  const { signal } = new AbortController();

  test('a file goes before a command and both before a value', async () => {
    const file = join(directory, 'password');
    writeFileSync(file, 'from file\n');
    writeFileSync(path, '');
    const base = { name: 'x', env: { PATH: process.env.PATH }, signal, configPath: path, value: 'plain' };
    const command = ['printf', 'from command\n'];
    expect((await resolveSecret({ ...base, file, command }))?.reveal()).toBe('from file');
    expect((await resolveSecret({ ...base, command }))?.reveal()).toBe('from command');
    expect((await resolveSecret(base))?.reveal()).toBe('plain');
  });

  test('a command is not run when others could have written it', async () => {
    writeFileSync(path, '');
    chmodSync(path, 0o666);
    const attempt = resolveSecret({ name: 'x', env: { PATH: process.env.PATH }, signal, configPath: path, command: ['printf', 'x'] });
    await expect(attempt).rejects.toMatchObject({ code: 'SECRET_UNREADABLE' });
  });

  test('a missing file and a failing command say so', async () => {
    writeFileSync(path, '');
    const base = { name: 'x', env: { PATH: process.env.PATH }, signal, configPath: path };
    await expect(resolveSecret({ ...base, file: join(directory, 'none') })).rejects.toMatchObject({ code: 'SECRET_UNREADABLE' });
    await expect(resolveSecret({ ...base, command: ['false'] })).rejects.toMatchObject({ code: 'SECRET_UNREADABLE' });
  });
});
