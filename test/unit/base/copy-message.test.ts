import { describe, expect, it } from 'vitest';
import { baseBackupCommand } from '#features/recovery/base/backup-stream';
import { parseCopyMessage } from '#features/recovery/base/copy-message';

describe('a message of BASE_BACKUP', () => {
  it('is an archive, its data, progress or the manifest', () => {
    expect(parseCopyMessage(Buffer.from('nbase.tar\0\0'))).toEqual({ kind: 'archive', name: 'base.tar', location: '' });
    expect(parseCopyMessage(Buffer.from('n16385.tar\0/mnt/fast\0'))).toEqual({ kind: 'archive', name: '16385.tar', location: '/mnt/fast' });
    expect(parseCopyMessage(Buffer.from('dabc'))).toEqual({ kind: 'data', chunk: Buffer.from('abc') });
    expect(parseCopyMessage(Buffer.from('m'))).toEqual({ kind: 'manifest' });
    const progress = Buffer.alloc(9);
    progress.write('p');
    progress.writeBigInt64BE(5_000_000_000n, 1);
    expect(parseCopyMessage(progress)).toEqual({ kind: 'progress', doneBytes: 5_000_000_000n });
  });

  it('keeps its bytes when the buffer it came in is used again', () => {
    const buffer = Buffer.from('dabc');
    const message = parseCopyMessage(buffer);
    buffer.fill('x');
    expect(message).toEqual({ kind: 'data', chunk: Buffer.from('abc') });
  });

  it('is refused when it is of no known type', () => {
    expect(() => parseCopyMessage(Buffer.from('zabc'))).toThrow('unknown type 0x7a');
    expect(() => parseCopyMessage(Buffer.alloc(0))).toThrow('unknown type');
    expect(() => parseCopyMessage(Buffer.from('n\0\0'))).toThrow('without a name');
  });
});

describe('the statement', () => {
  it('quotes its label and throttles only when asked', () => {
    expect(baseBackupCommand({ label: "it's" })).toContain("LABEL 'it''s', CHECKPOINT 'fast', WAL false, WAIT true");
    expect(baseBackupCommand({ label: 'x' })).not.toContain('MAX_RATE');
    expect(baseBackupCommand({ label: 'x', maxRateKilobytes: 1024 })).toContain(', MAX_RATE 1024)');
  });
});
