import { setMaxListeners } from 'node:events';
import { chmod, chown, mkdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { silentReporter } from '#kernel/events';
import { newRunId } from '#kernel/run-id';
import { systemClock } from '#kernel/time';
import { initRepository } from '#repository/init';
import type { Repository } from '#repository/open';
import { openObjectStore } from '#stores/objects/open';
import { connectPostgres, type PostgresClient } from '#stores/postgres/connect';
import type { ClusterOptions } from './postgres/make-cluster.ts';
import { type Cluster, startCluster } from './postgres.ts';
import { atFileEnd } from './reaper.ts';
import { tempDir } from './temp-dir.ts';

export interface ArchivedCluster {
  cluster: Cluster;
  repository: Repository;
  /** The repository's own folder on disk. */
  folder: string;
  systemId: string;
  /** What the server runs for each segment. */
  archiveCommand: string;
  /** A session for the tool; a new signal each unless given. */
  connect(options?: { signal?: AbortSignal; username?: string }): Promise<PostgresClient>;
  /** While broken, the server's archive_command fails. */
  breakArchiving(broken: boolean): Promise<void>;
}

export const never = new AbortController().signal;
setMaxListeners(0, never);

/** A server whose WAL goes to a directory repository, by a shell script instead of our own program. */
export async function startArchivedCluster(options: ClusterOptions): Promise<ArchivedCluster> {
  const cluster = await startCluster(options);
  const directory = await tempDir('repository', { owner: cluster.user });
  const store = await openObjectStore({ kind: 'directory', directory });
  const { repository } = await initRepository(store, {
    cluster: 'test',
    name: 'main',
    codec: 'zstd',
    runId: newRunId(systemClock.now()),
    now: systemClock.now(),
    toolVersion: '0.0.0',
    signal: never,
  });
  const folder = join(directory, 'test');
  const [row] = await cluster.psql<{ id: string }>('select system_identifier::text as id from pg_control_system()');
  const systemId = row?.id as string;
  const broken = join(cluster.home, 'archiving-is-broken');
  const script = join(cluster.home, 'archive.sh');
  const wal = join(folder, 'wal', systemId);
  await writeFile(
    script,
    `#!/bin/sh
[ ! -e '${broken}' ] || exit 1
name=\${1##*/}
timeline=$(printf %.8s "$name")
mkdir -p '${wal}'/"$timeline" && zstd -q -c "$1" > '${wal}'/".$name.part" && mv '${wal}'/".$name.part" '${wal}'/"$timeline/$name.zst"
`,
  );
  await chmod(script, 0o755);
  await mkdir(wal, { recursive: true });
  if (process.getuid?.() === 0) for (const path of [join(folder, 'wal'), wal]) await chown(path, cluster.user.uid, cluster.user.gid);
  const archiveCommand = `${script} %p`;
  await cluster.configure({ archive_command: archiveCommand });

  return {
    cluster,
    repository,
    folder,
    systemId,
    archiveCommand,
    async connect({ signal = never, username } = {}) {
      const client = await connectPostgres({ ...cluster.connection, ...(username === undefined ? {} : { username }) }, { signal });
      atFileEnd(() => client.close());
      return client;
    },
    async breakArchiving(isBroken) {
      if (isBroken) await writeFile(broken, '');
      else await rm(broken, { force: true });
    },
  };
}

/** What `createBaseBackup` is given in tests. */
export function backupTools(archived: ArchivedCluster, sql: PostgresClient, signal: AbortSignal = never) {
  return {
    sql,
    repository: archived.repository,
    reporter: silentReporter,
    signal,
    env: process.env,
    toolVersion: '0.0.0',
    step: async () => undefined,
    assertLocked: async () => undefined,
  };
}
