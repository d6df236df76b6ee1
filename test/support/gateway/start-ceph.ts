import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runOk } from '../run.ts';
import type { CephFiles } from './ceph-files.ts';

const readyTimeoutMs = 60_000;

export function cephEnv(files: CephFiles): Record<string, string> {
  return { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', CEPH_CONF: files.conf, LC_ALL: 'C.UTF-8' };
}

/** Every Ceph client waits for minutes when something is wrong: always with a time limit. */
export async function cephCommand(
  files: CephFiles,
  command: 'ceph' | 'radosgw-admin' | 'monmaptool' | 'ceph-mon' | 'ceph-osd',
  args: readonly string[],
): Promise<string> {
  return runOk(command, args, { env: cephEnv(files), cwd: files.directory, timeoutMs: readyTimeoutMs });
}

async function startDaemon(files: CephFiles, command: string, args: readonly string[], isReady: () => Promise<boolean>): Promise<void> {
  const outputPath = join(files.directory, 'log', `${command}.out`);
  const output = openSync(outputPath, 'a');
  const child = spawn(command, [...args, '-f'], {
    detached: true,
    cwd: files.directory,
    env: cephEnv(files),
    stdio: ['ignore', output, output],
  });
  closeSync(output);
  let ended: string | undefined;
  child.once('exit', (code, signal) => {
    ended = `it ended with ${code ?? signal}`;
  });
  child.once('error', (error) => {
    ended = error.message;
  });
  child.unref();
  for (const deadline = Date.now() + readyTimeoutMs; Date.now() < deadline && ended === undefined; await sleep(50)) {
    if (await isReady()) return;
  }
  const said = await readFile(outputPath, 'utf8').catch(() => '');
  throw new Error(`${command} did not become ready: ${ended ?? 'time is up'}\n${said.slice(-4_000)}`);
}

async function answers(url: string): Promise<boolean> {
  return fetch(url, { signal: AbortSignal.timeout(2_000) }).then(
    async (response) => {
      await response.arrayBuffer();
      return response.ok;
    },
    () => false,
  );
}

/** Brings up monitor, OSD, user and gateway, in the one order that works. Nothing is left to a manager daemon or to systemd. */
export async function startCeph(files: CephFiles, endpoint: string, user: { accessKeyId: string; secretAccessKey: string }): Promise<void> {
  const { directory, conf } = files;
  await cephCommand(files, 'monmaptool', ['--create', '--addv', 'a', files.monAddress, '--fsid', files.fsid, join(directory, 'monmap')]);
  await cephCommand(files, 'ceph-mon', [
    '--mkfs',
    '-i',
    'a',
    '--monmap',
    join(directory, 'monmap'),
    '--keyring',
    files.keyring,
    '-c',
    conf,
  ]);
  // Answers only when the monitor has a quorum with itself.
  await startDaemon(files, 'ceph-mon', ['-i', 'a', '-c', conf], () =>
    cephCommand(files, 'ceph', ['--connect-timeout', '5', 'osd', 'create']).then(
      () => true,
      () => false,
    ),
  );
  await cephCommand(files, 'ceph-osd', ['-i', '0', '--mkfs', '-c', conf]);
  await startDaemon(files, 'ceph-osd', ['-i', '0', '-c', conf], async () =>
    (await cephCommand(files, 'ceph', ['--connect-timeout', '5', 'osd', 'stat'])).includes('1 up'),
  );
  const keys = ['--access-key', user.accessKeyId, '--secret-key', user.secretAccessKey];
  await cephCommand(files, 'radosgw-admin', [
    '-n',
    'client.rgw',
    'user',
    'create',
    '--uid',
    'tests',
    '--display-name',
    'tests',
    '--max-buckets',
    '0',
    ...keys,
  ]);
  await startDaemon(files, 'radosgw', ['-n', 'client.rgw', '-c', conf], () => answers(endpoint));
}
