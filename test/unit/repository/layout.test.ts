import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { segmentName, timelineHex } from '#kernel/wal-file';
import {
  baseFolder,
  baseManifestKey,
  labelOf,
  parseBaseManifestKey,
  parseSystemKey,
  parseWalKey,
  partKey,
  systemKey,
  walKey,
} from '#repository/layout';
import { checkKey } from '#stores/objects/object-name';

const systemIds = fc.bigInt({ min: 1n, max: 2n ** 64n - 1n }).map(String);
const timelines = fc.integer({ min: 1, max: 0xffffffff });
const segments = fc.tuple(timelines, fc.bigInt({ min: 0n, max: 2n ** 39n })).map(([timeline, number]) => segmentName(timeline, number));
const walFiles = fc.oneof(
  segments,
  segments.map((name) => `${name}.partial`),
  segments.map((name) => `${name}.00000028.backup`),
  timelines.map((timeline) => `${timelineHex(timeline)}.history`),
);
const suffixes = fc.constantFrom('.zst' as const, '.gz' as const);

describe('keys', () => {
  test('of WAL are read back as they were made, and every store can hold them', () => {
    fc.assert(
      fc.property(systemIds, walFiles, suffixes, (systemId, name, suffix) => {
        const key = walKey(systemId, name, suffix);
        expect(checkKey(key)).toBe(key);
        expect(parseWalKey(key, suffix)).toMatchObject({ systemId, file: { name } });
        expect(parseWalKey(key, suffix === '.zst' ? '.gz' : '.zst')).toBeUndefined();
      }),
    );
  });

  test('of WAL are in one folder a timeline, in the order of their segments', () => {
    fc.assert(
      fc.property(
        timelines,
        fc.bigInt({ min: 0n, max: 2n ** 39n }),
        fc.bigInt({ min: 1n, max: 2n ** 20n }),
        (timeline, first, distance) => {
          const [a, b] = [segmentName(timeline, first), segmentName(timeline, first + distance)];
          expect(walKey('1', a, '.zst') < walKey('1', b, '.zst')).toBe(true);
          // Listing after the bare name includes the file itself, and its backup history file, and nothing before.
          expect(`wal/1/${timelineHex(timeline)}/${a}` < walKey('1', `${a}.00000028.backup`, '.zst')).toBe(true);
        },
      ),
    );
  });

  test('nothing else is read as one', () => {
    const odd = [
      'wal/1/00000001/000000020000000000000001.zst',
      'wal/1/00000001/000000010000000000000001',
      'wal/1/00000001/000000010000000000000001.zst.tmp',
      'wal/1/00000001/x/000000010000000000000001.zst',
      'wal/0/00000001/000000010000000000000001.zst',
      'wal/1/00000001/00000001000000000000001.zst',
      'old/wal/1/00000001/000000010000000000000001.zst',
    ];
    for (const key of odd) expect(parseWalKey(key, '.zst'), key).toBeUndefined();
    fc.assert(fc.property(fc.string(), (key) => parseWalKey(key, '.zst') === undefined && parseBaseManifestKey(key) === undefined));
  });

  test('of systems and manifests are read back, and their parts cannot leave their folder', () => {
    fc.assert(fc.property(systemIds, (systemId) => parseSystemKey(systemKey(systemId)) === systemId));
    expect(parseBaseManifestKey(baseManifestKey('20261123T020000Z'))).toBe('20261123T020000Z');
    expect(parseBaseManifestKey('base/20261123T020000Z/20261123T020000Z-aabbccddeeff/manifest.json')).toBeUndefined();
    for (const odd of ['..', 'a/b', '', '20261123T020000Z/..']) {
      expect(() => baseManifestKey(odd)).toThrow(RangeError);
      expect(() => systemKey(odd)).toThrow(RangeError);
      expect(() => baseFolder('20261123T020000Z', odd)).toThrow(RangeError);
      expect(() => walKey('1', odd, '.zst')).toThrow(RangeError);
    }
  });

  test('of parts sort in the order of the parts', () => {
    const folder = baseFolder('20261123T020000Z', '20261123T020000Z-aabbccddeeff');
    expect(partKey(folder, 'base.tar', '.zst', 0)).toBe('base/20261123T020000Z/20261123T020000Z-aabbccddeeff/base.tar.zst.000');
    expect(partKey(folder, 'backup_manifest', '', 12)).toBe('base/20261123T020000Z/20261123T020000Z-aabbccddeeff/backup_manifest.012');
  });

  test('a label is the second of a moment', () => {
    expect(labelOf('2026-11-23T02:00:00.999999Z')).toBe('20261123T020000Z');
  });
});
