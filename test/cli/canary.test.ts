import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { commandSpecs } from '#commands/index';
import { runCommandLine } from '#support/cli';
import { freePort } from '#support/free-port';
import { tempDir } from '#support/temp-dir';

const canaries = { postgres: 'canary-postgres-7f3a', s3: 'canary-s3-91bd', redis: 'canary-redis-c24e', qdrant: 'canary-qdrant-5d0f' };

let directory: string;

/** Nothing answers at any of these addresses, so that every command fails somewhere in the middle of its work. */
beforeAll(async () => {
  directory = await tempDir('canary');
  const port = await freePort();
  writeFileSync(
    join(directory, 'copilot-db.yaml'),
    `cluster: canary
postgres:
  primary: { host: 127.0.0.1, port: ${port}, username: postgres, password: ${canaries.postgres} }
redis: { host: 127.0.0.1, port: ${port}, password: ${canaries.redis} }
qdrant: { url: "http://127.0.0.1:${port}", api_key: ${canaries.qdrant} }
backup:
  repositories:
    - s3: { bucket: backups, endpoint: "http://127.0.0.1:${port}", access_key_id: key, secret_access_key: ${canaries.s3} }
`,
  );
});

function filesUnder(path: string): string[] {
  return readdirSync(path, { recursive: true, encoding: 'utf8' })
    .map((name) => join(path, name))
    .filter((name) => statSync(name).isFile() && !name.endsWith('copilot-db.yaml'));
}

const wordsFor: Record<string, string[]> = {
  'restore pitr': ['--latest', '--data-dir', '/nonexistent/data', '--yes'],
  'migrate new': ['canary', '--dir', '/nonexistent'],
  'backup show': ['20260101T000000Z'],
  'run show': ['none'],
  'wal push': ['/nonexistent/000000010000000000000001'],
  'wal fetch': ['000000010000000000000001', '/nonexistent/file'],
};

const names = commandSpecs.map((spec) => spec.path.join(' ')).filter((name) => !name.startsWith('lab '));

test.each(names)('%s shows no secret, whatever it says and writes', { timeout: 60_000 }, async (name) => {
  for (const style of [[], ['--json'], ['--verbose']]) {
    const words = [...name.split(' '), ...(wordsFor[name] ?? []), ...style];
    const { stdout, stderr } = await runCommandLine(words, {
      stateDirectory: directory,
      cwd: directory,
      isTerminal: true,
      env: { COPILOT_DB_TIMEOUT: '20s' },
    });
    expect((stdout + stderr).length).toBeGreaterThan(0);
    const written = filesUnder(directory).map((path) => readFileSync(path, 'utf8'));
    const everything = [stdout, stderr, ...written].join('\n');
    for (const canary of Object.values(canaries)) expect(everything).not.toContain(canary);
  }
});
