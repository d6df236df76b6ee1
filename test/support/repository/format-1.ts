import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { Codec } from '#repository/codec';
import { initRepository } from '#repository/init';
import { baseFolder, labelOf } from '#repository/layout';
import type { Repository } from '#repository/open';
import { publishManifest } from '#repository/publish';
import { storeObject } from '#repository/store-object';
import type { StoredObject } from '#repository/stored-object';
import { claimSystem } from '#repository/systems';
import { putWalFile } from '#repository/wal-objects';
import { openObjectStore } from '#stores/objects/open';

const signal = new AbortController().signal;
const env = { PATH: process.env.PATH };

/** What the golden repository was made of. Every input is fixed, so that a writer of any day can be compared with it. */
export const format1 = {
  cluster: 'golden',
  systemId: '7300000000000000001',
  runId: '20261123T020000Z-0123456789ab',
  label: '20261123T020000Z',
  now: '2026-11-23T02:00:00.123456Z',
  objects: {
    'base.tar': noise('the main tablespace', 2_500),
    '16401.tar': noise('another tablespace', 500),
    backup_manifest: Buffer.from('{ "PostgreSQL-Backup-Manifest-Version": 1 }\n'),
    'config/postgresql.conf': Buffer.from("shared_buffers = '128MB'\n"),
  },
  wal: {
    '000000010000000000000002': Buffer.concat([noise('a segment', 1_000), Buffer.alloc(16 * 1024 ** 2 - 1_000)]),
    '000000010000000000000002.00000028.backup': Buffer.from('START WAL LOCATION: 0/2000028 (file 000000010000000000000002)\n'),
    '00000002.history': Buffer.from('1\t0/3000000\tno recovery target specified\n'),
  },
};

/** Writes it with today's code. Parts are cut at 1,000 bytes, so that the main tablespace has several. */
export async function writeFormat1(directory: string, codec: Codec): Promise<void> {
  const { cluster, systemId, runId, now } = format1;
  const store = await openObjectStore({ kind: 'directory', directory });
  const init = { cluster, name: 'main', codec, runId, now, toolVersion: '0.1.0', signal };
  const { repository } = await initRepository(store, init);
  await claimSystem(
    repository,
    { systemId, host: 'db1', dataDirectory: '/var/lib/postgresql/15/main', postgresMajor: 15, now, runId },
    signal,
  );
  for (const [name, body] of Object.entries(format1.wal)) await putWalFile(repository, { systemId, name, body, runId }, { env, signal });
  await writeBase(repository);
}

async function writeBase(repository: Repository): Promise<void> {
  const { cluster, systemId, runId, label, now } = format1;
  const put = (name: keyof typeof format1.objects): Promise<StoredObject> =>
    storeObject(repository, Readable.from([format1.objects[name]]), {
      folder: baseFolder(label, runId),
      name,
      env,
      signal,
      maxPartBytes: 1000,
    });
  await publishManifest(
    repository,
    {
      format: 1,
      type: 'base',
      cluster,
      systemId,
      serverVersion: 150_020,
      label: labelOf(now),
      runId,
      toolVersion: '0.1.0',
      startTime: now,
      stopTime: '2026-11-23T02:00:07.654321Z',
      timeline: 1,
      startLsn: '0/2000028',
      stopLsn: '0/2000138',
      startSegment: '000000010000000000000002',
      stopSegment: '000000010000000000000002',
      nextXid: '738',
      tablespaces: [
        { oid: null, location: null, sizeBytes: 2_500, archive: await put('base.tar') },
        { oid: 16401, location: '/srv/fast', sizeBytes: 500, archive: await put('16401.tar') },
      ],
      backupManifest: await put('backup_manifest'),
      configFiles: [{ path: '/etc/postgresql/15/main/postgresql.conf', object: await put('config/postgresql.conf') }],
      requiredSettings: {
        maxConnections: 100,
        maxWorkerProcesses: 8,
        maxWalSenders: 10,
        maxPreparedTransactions: 0,
        maxLocksPerTransaction: 64,
        walSegmentSize: 16_777_216,
      },
      pageChecksums: true,
      durationMs: 7531,
      createdBy: { host: 'db1', user: 'postgres' },
    },
    signal,
  );
}

/** Fixed bytes that no compressor makes smaller, so that the number of parts does not depend on its version. */
function noise(about: string, sizeBytes: number): Buffer {
  const blocks = Array.from({ length: Math.ceil(sizeBytes / 32) }, (_, number) =>
    createHash('sha256').update(`${about} ${number}`).digest(),
  );
  return Buffer.concat(blocks).subarray(0, sizeBytes);
}
