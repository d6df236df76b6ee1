import { describe, expect, it } from 'vitest';
import { stoppedError } from '#features/recovery/restore/await-recovery';
import { doubtAbout, type Evidence } from '#features/recovery/restore/judge-recovery';
import { decisiveLines } from '#features/recovery/restore/recovery-log';

const at = '2026-11-23T17:55:17.034406Z';
const proven: Evidence = {
  target: { kind: 'time', at, exclusive: false },
  action: 'promote',
  state: { isInRecovery: false, isPaused: false, replayedLsn: '0/5000000', replayedAt: at, timeline: 2 },
  end: { lsn: '0/5000028', reason: 'before 2026-11-23 17:55:18+00' },
  newestSegmentStart: '0/7000000',
};
const latest: Evidence = { ...proven, target: { kind: 'latest' }, end: { lsn: '0/7000110', reason: 'no recovery target specified' } };

describe('a recovery', () => {
  it('is proven by the history and by the last transaction', () => {
    expect(doubtAbout(proven)).toBeUndefined();
    expect(doubtAbout(latest)).toBeUndefined();
    const waiting = { ...proven.state, isInRecovery: true, isPaused: true };
    expect(doubtAbout({ ...proven, action: 'pause', state: waiting, end: undefined })).toBeUndefined();
  });

  it.each([
    ['went past the target', { ...proven, state: { ...proven.state, replayedAt: '2026-11-23T17:55:17.034407Z' } }],
    ['kept the very moment that was to be left out', { ...proven, target: { ...proven.target, exclusive: true } as Evidence['target'] }],
    ['wrote no history', { ...proven, end: undefined }],
    ['ended without meeting the target', { ...proven, end: { lsn: '0/6000000', reason: 'no recovery target specified' } }],
    ['still goes on', { ...proven, state: { ...proven.state, isInRecovery: true } }],
    ['paused although it should open', { ...proven, state: { ...proven.state, isInRecovery: true, isPaused: true } }],
    ['ended in the middle of the archive', { ...latest, end: { lsn: '0/6FFFFFF', reason: 'no recovery target specified' } }],
  ])('is doubted when it %s', (_, evidence) => {
    expect(doubtAbout(evidence)).toBeTypeOf('string');
  });
});

describe('the log of a server that ended', () => {
  const log = [
    '2026-11-23 18:00:00 UTC [7] LOG:  starting archive recovery',
    'copilot-db-wal: fetch 000000010000000000000004: the program ended with 7; PostgreSQL is told 126',
    '2026-11-23 18:00:01 UTC [9] FATAL:  the database system is starting up',
    '2026-11-23 18:00:01 UTC [7] FATAL:  could not restore file "000000010000000000000004" from archive: child process exited with exit code 126',
    '2026-11-23 18:00:01 UTC [5] LOG:  shutting down due to startup process failure',
  ].join('\n');

  it('is cut down to what decided', () => {
    expect(decisiveLines(log)).toHaveLength(2);
    expect(stoppedError(log)).toMatchObject({ code: 'RESTORE_SERVER_STOPPED', detail: expect.stringContaining('told 126') });
  });

  it('tells an archive that is too short from damage', () => {
    const short = '2026-11-23 18:00:01 UTC [7] FATAL:  recovery ended before configured recovery target was reached';
    expect(stoppedError(short)).toMatchObject({ code: 'RESTORE_TARGET_BEYOND_ARCHIVE', detail: expect.stringContaining('FATAL') });
  });
});
