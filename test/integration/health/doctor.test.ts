import { chmod, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { CheckResult } from '#features/health/check';
import { runCommandLine } from '#support/cli';
import { type Cluster, startCluster } from '#support/postgres';
import { tempDir } from '#support/temp-dir';
import { realWalHome, type WalHome } from '#support/wal-program';
import { makeWalRepository, type WalRepository } from '#support/wal-repository';

let cluster: Cluster;
let archive: WalRepository;
let installed: WalHome;
let stateDirectory: string;
let passwordFile: string;

beforeAll(async () => {
  cluster = await startCluster({ major: 15, kind: 'initdb', walSegmentMb: 1, settings: { archive_timeout: '60' } });
  archive = await makeWalRepository({ owner: cluster.user });
  installed = await realWalHome();
  stateDirectory = await tempDir('state');
  passwordFile = join(stateDirectory, 'password');
  await writeFile(passwordFile, 'not needed\n', { mode: 0o600 });
  await configure(cluster.port);
  await cluster.configure({ archive_command: `${installed.wrapper} push --config ${archive.configPath} "%p"` });
});

async function configure(port: number): Promise<void> {
  const { host, database, username } = cluster.connection;
  await writeFile(
    archive.configPath,
    `cluster: test
postgres:
  primary: { host: ${host}, port: ${port}, database: ${database}, username: ${username}, password_file: ${passwordFile}, ssl_mode: disable }
backup:
  repositories:
    - name: main
      directory: ${archive.directory}
`,
  );
}

async function doctor(...args: string[]): Promise<{ code: number; checks: Record<string, CheckResult> }> {
  const { code, stdout } = await runCommandLine(['doctor', ...args, '--json', '--config', archive.configPath], {
    stateDirectory,
    home: installed.home,
  });
  const envelope = JSON.parse(stdout) as { data: { checks: CheckResult[] } };
  return { code, checks: Object.fromEntries(envelope.data.checks.map((check) => [check.id, check])) };
}

const statuses = (checks: Record<string, CheckResult>) => Object.fromEntries(Object.values(checks).map(({ id, status }) => [id, status]));

describe('doctor', () => {
  it('finds nothing but the missing backup on a healthy server', async () => {
    const { code, checks } = await doctor();
    expect(statuses(checks)).toEqual({
      'config.file': 'ok',
      'config.postgres.primary.password_file': 'ok',
      'postgres.server': 'ok',
      'postgres.data-checksums': 'ok',
      'postgres.wal-level': 'ok',
      'postgres.replication': 'ok',
      'wal.archive-mode': 'ok',
      'wal.archive-command': 'ok',
      'wal.archive-timeout': 'ok',
      'wal.archiver': 'ok',
      'wal.round-trip.main': 'ok',
      'repository.main': 'ok',
      'repository.main.put-if-absent': 'ok',
      'repository.main.owner': 'ok',
      'backup.main.newest-base': 'failed',
      'programs.zstd': 'ok',
      'programs.tar': 'ok',
      'programs.postgres': 'ok',
    });
    expect(code).toBe(3);
    expect(checks['backup.main.newest-base']).toMatchObject({ fix: 'copilot-db backup create --repository main' });
  });

  it('ends with 0 when all is well in the areas that were asked for', async () => {
    const { code, checks } = await doctor('postgres', 'repository');
    expect(new Set(Object.values(checks).map(({ area }) => area))).toEqual(new Set(['postgres', 'repository']));
    expect(code).toBe(0);
  });

  it('refuses an area that is none', async () => {
    const { code, stdout } = await runCommandLine(['doctor', 'wall', '--json', '--config', archive.configPath], { stateDirectory });
    expect(code).toBe(2);
    expect(stdout).toContain('USAGE_INVALID');
  });

  it('leaves nothing in the repository by trying it', async () => {
    await doctor('repository');
    for await (const { key } of archive.repository.store.list('probe/', { signal: new AbortController().signal })) {
      throw new Error(`left behind: ${key}`);
    }
  });

  it('sees secrets that others can read', async () => {
    await chmod(passwordFile, 0o644);
    const open = await doctor('config');
    expect(open.checks['config.postgres.primary.password_file']).toMatchObject({ status: 'failed', fix: `chmod o-rwx ${passwordFile}` });
    await chmod(passwordFile, 0o600);
    await chmod(archive.configPath, 0o666);
    expect((await doctor('config')).checks['config.file']).toMatchObject({ status: 'failed', fix: `chmod go-w ${archive.configPath}` });
    await chmod(archive.configPath, 0o644);
  });

  it('does not believe an archive_command that says success and stores nothing', async () => {
    const before = await readFile(join(cluster.configDir, 'postgresql.conf'), 'utf8');
    await cluster.configure({ archive_command: 'true' });
    const { code, checks } = await doctor('wal', '--wal-wait', '3s');
    await writeFile(join(cluster.configDir, 'postgresql.conf'), before);
    await cluster.configure({});
    expect(code).toBe(3);
    expect(checks['wal.archive-command']).toMatchObject({ status: 'failed', fix: expect.stringContaining(installed.wrapper) });
    expect(checks['wal.round-trip.main']).toMatchObject({
      status: 'failed',
      evidence: expect.stringMatching(/is not in .* after 3s.*PostgreSQL believes it has archived/),
    });
  });

  it('says what is unknown when the server cannot be reached, and still looks at the rest', async () => {
    await configure(cluster.port + 1);
    const { code, checks } = await doctor();
    await configure(cluster.port);
    expect(code).toBe(3);
    expect(checks['postgres.server']).toMatchObject({ status: 'failed' });
    expect(checks['wal.round-trip.main']).toMatchObject({ status: 'unknown' });
    expect(checks['repository.main']).toMatchObject({ status: 'ok' });
  });
});
