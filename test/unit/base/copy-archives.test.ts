import { createHash } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import type { BackupEvent } from '#features/recovery/base/backup-stream';
import { copyArchives } from '#features/recovery/base/copy-archives';
import type { StoreArchive } from '#features/recovery/base/store-archives';
import { OpsError } from '#kernel/errors';
import { silentReporter } from '#kernel/events';

const start: BackupEvent = { kind: 'start', lsn: '0/2000028', timeline: 1, tablespaces: [{ oid: null, location: null, sizeBytes: 3 }] };
const base: BackupEvent[] = [
  { kind: 'archive', name: 'base.tar', location: '' },
  { kind: 'data', chunk: Buffer.from('tar') },
];
const manifest: BackupEvent[] = [{ kind: 'manifest' }, { kind: 'data', chunk: Buffer.from('{}') }];
const stop: BackupEvent = { kind: 'stop', lsn: '0/2000138', timeline: 1 };

const store: StoreArchive = async (name, body) => {
  const raw = await buffer(body);
  const sha256 = createHash('sha256').update(raw).digest('hex');
  const size = raw.length;
  return {
    name,
    codec: 'none',
    encryption: 'none',
    rawBytes: size,
    rawSha256: sha256,
    storedBytes: size,
    parts: [{ key: name, storedBytes: size, storedSha256: sha256 }],
  };
};

async function* sent(events: readonly (BackupEvent | Error)[]): AsyncGenerator<BackupEvent> {
  for (const event of events) {
    if (event instanceof Error) throw event;
    yield event;
  }
}

const copy = (...events: readonly (BackupEvent | Error)[]) => copyArchives(sent(events), store, silentReporter);

describe('the stream of a backup', () => {
  it('becomes one archive a tablespace and the manifest', async () => {
    const copied = await copy(start, ...base, ...manifest, stop);
    expect(copied.archives.map(({ name, rawBytes }) => [name, rawBytes])).toEqual([['base.tar', 3]]);
    expect(copied.backupManifest.rawBytes).toBe(2);
    expect(copied).toMatchObject({ startLsn: '0/2000028', stopLsn: '0/2000138', timeline: 1 });
  });

  it('is refused without its manifest, without an archive, or when the timeline changed', async () => {
    await expect(copy(start, ...base, stop)).rejects.toMatchObject({ code: 'BACKUP_PROTOCOL' });
    await expect(copy(start, ...manifest, stop)).rejects.toMatchObject({ code: 'BACKUP_PROTOCOL' });
    await expect(copy(start, ...base, ...manifest)).rejects.toMatchObject({ code: 'BACKUP_PROTOCOL' });
    await expect(copy(start, ...base, ...manifest, { ...stop, timeline: 2 })).rejects.toMatchObject({ code: 'BACKUP_TIMELINE_CHANGED' });
  });

  it('tells what the server warned of when its pages are corrupt', async () => {
    const notice = { severity: 'WARNING', sqlState: '01000', message: 'checksum verification failed in file "./base/5/16385", block 3' };
    const corrupt = new OpsError('POSTGRES_DATA_CORRUPTED', { message: 'checksum verification failure during base backup' });
    await expect(copy(start, ...base, { kind: 'notice', notice }, corrupt)).rejects.toMatchObject({
      code: 'BACKUP_PAGES_CORRUPT',
      exit: 'integrity',
      detail: notice.message,
    });
  });
});
