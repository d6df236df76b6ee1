import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseTransactionEnds } from '#features/recovery/windows/commit-times';
import { drawWindows } from '#features/recovery/windows/picture';
import { runsOf, segmentsIn, stretchesAlong } from '#features/recovery/windows/stretches';
import { parseHistory, pathTo } from '#features/recovery/windows/timeline-path';
import { windowsOf } from '#features/recovery/windows/windows';
import { lsnIn, makeArchive, makeBase, minute, name, range, segmentBytes, systemId } from './archive-builder.ts';

describe('stretches of WAL', () => {
  it('are exactly the segments that are there, for any list', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 1, max: 60 }), { minLength: 1 }), (numbers) => {
        const path = pathTo(1, []);
        const stretches = stretchesAlong(
          path,
          new Map([
            [
              1,
              runsOf(
                1,
                numbers.map((number) => name(1, number)),
                segmentBytes,
              ),
            ],
          ]),
          segmentBytes,
        );
        const seen = stretches.flatMap((stretch) => segmentsIn(stretch, stretch.first, stretch.last, segmentBytes));
        expect(seen).toEqual(numbers.sort((a, b) => a - b).map((number) => name(1, number)));
        for (const [index, stretch] of stretches.slice(1).entries()) expect(stretch.first > (stretches[index]?.last ?? 0n) + 1n).toBe(true);
      }),
    );
  });

  it('go over a switch of timelines, with the segment of the switch from the child', () => {
    const { stretches } = makeArchive({ 1: range(1, 7), 2: range(5, 9) }, [{ parent: 1, at: lsnIn(5), reason: '' }]);
    expect(stretches).toHaveLength(1);
    expect(segmentsIn(stretches[0] as never, 3n, 6n, segmentBytes)).toEqual([name(1, 3), name(1, 4), name(2, 5), name(2, 6)]);
  });

  it('show a hole at the switch, where WAL is lost most easily', () => {
    const { stretches } = makeArchive({ 1: range(1, 5), 2: range(6, 9) }, [{ parent: 1, at: lsnIn(5), reason: '' }]);
    expect(stretches.map((it) => [it.first, it.last])).toEqual([
      [1n, 4n],
      [6n, 9n],
    ]);
  });

  it('end in the parent while the child has archived nothing', () => {
    const path = pathTo(2, [{ parent: 1, at: lsnIn(5), reason: '' }]);
    const runs = new Map([
      [
        1,
        runsOf(
          1,
          range(1, 8).map((number) => name(1, number)),
          segmentBytes,
        ),
      ],
    ]);
    expect(stretchesAlong(path, runs, segmentBytes).map((it) => it.last)).toEqual([5n]);
  });
});

it('reads the history that PostgreSQL writes', () => {
  const text = '1\t0/3000158\tbefore 2026-11-23 17:55:17.034406+00\n\n2\t0/5000000\tno recovery target specified\n';
  const history = parseHistory(text);
  expect(history[0]).toEqual({ parent: 1, at: '0/3000158', reason: 'before 2026-11-23 17:55:17.034406+00' });
  expect(pathTo(3, history).map((it) => [it.timeline, it.from, it.until])).toEqual([
    [1, 0n, 0x3000158n],
    [2, 0x3000158n, 0x5000000n],
    [3, 0x5000000n, undefined],
  ]);
  expect(() => parseHistory('garbage')).toThrow(RangeError);
});

it('reads commits and rollbacks, also of two-phase transactions, and nothing else', () => {
  const dump = [
    'rmgr: Transaction len (rec/tot):    405/   405, tx:        724, lsn: 0/01759400, prev 0/017593B8, desc: COMMIT 2026-11-23 19:09:07.997220 UTC; inval msgs: catcache 80',
    'rmgr: Transaction len (rec/tot):    242/   242, tx:        725, lsn: 0/017595D8, prev 0/01759598, desc: PREPARE gid x: 2026-11-23 19:09:07.999324 UTC',
    'rmgr: Transaction len (rec/tot):     34/    34, tx:        726, lsn: 0/01759710, prev 0/017596D0, desc: ABORT 2026-11-23 19:09:07.999795 UTC',
    'rmgr: Transaction len (rec/tot):     42/    42, tx:          0, lsn: A/00000028, prev 0/01759710, desc: COMMIT_PREPARED 725: 2026-11-23 19:09:07.999930 UTC',
    'pg_waldump: error: could not find file "000000010000000000000002"',
  ].join('\n');
  expect(parseTransactionEnds(dump)).toEqual([
    { kind: 'commit', xid: 724, at: '2026-11-23T19:09:07.997220Z', lsn: '0/1759400' },
    { kind: 'abort', xid: 726, at: '2026-11-23T19:09:07.999795Z', lsn: '0/1759710' },
    { kind: 'commit', xid: 725, at: '2026-11-23T19:09:07.999930Z', lsn: 'A/28' },
  ]);
});

describe('windows', () => {
  const bases = [
    makeBase('A', { first: 2, minute: 10 }),
    makeBase('B', { first: 8, minute: 400 }),
    makeBase('C', { first: 5, minute: 200 }),
  ];
  const archive = makeArchive({ 1: [1, 2, 3, 4, 7, 8, 9] });
  const found = windowsOf({ ...archive, bases, ends: new Map([[1, minute(600)]]) });

  it('begin where the oldest base of a stretch stopped and end with the newest commit', () => {
    expect(found.windows).toEqual([
      {
        systemId,
        timeline: 1,
        from: minute(11),
        to: minute(11),
        isEndExact: false,
        bases: ['A'],
        firstSegment: name(1, 2),
        lastSegment: name(1, 4),
      },
      {
        systemId,
        timeline: 1,
        from: minute(401),
        to: minute(600),
        isEndExact: true,
        bases: ['B'],
        firstSegment: name(1, 8),
        lastSegment: name(1, 9),
      },
    ]);
    expect(found.gaps).toEqual([{ firstMissing: name(1, 5), lastMissing: name(1, 6), count: 2 }]);
    expect(found.stranded).toEqual(['C']);
  });

  it('are drawn with their gaps', () => {
    const times = new Map(bases.map((base) => [base.label, base.stoppedAt]));
    const picture = drawWindows(found, times, 60);
    expect(picture[0]).toBe('2026-11-23 00:11                        2026-11-23 10:00 UTC');
    expect(picture[1]).toMatch(/^● {10,}●─+┤$/);
    expect(picture.join('\n')).toContain(`to at least ${minute(11)}`);
    expect(picture.join('\n')).toContain(`missing ${name(1, 5)} to ${name(1, 6)} (2 segments)`);
    expect(picture.join('\n')).toContain('without use: C');
    expect(picture.every((line) => !line.startsWith('├') || line.length <= 60)).toBe(true);
  });

  it('say so when nothing can be restored', () => {
    expect(drawWindows({ windows: [], gaps: [], stranded: ['A'] }, new Map())[0]).toContain('nothing can be restored');
  });
});
