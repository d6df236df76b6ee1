import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readSystemId } from '#features/recovery/wal/control-file';
import { tempDir } from '#support/temp-dir';

async function dataDirectory(version: number, systemId: bigint): Promise<string> {
  const directory = await tempDir('data');
  const bytes = Buffer.alloc(8192);
  bytes.writeBigUInt64LE(systemId, 0);
  bytes.writeUInt32LE(version, 8);
  await mkdir(join(directory, 'global'));
  await writeFile(join(directory, 'global/pg_control'), bytes);
  return directory;
}

// The deep tier archives from real servers of all four majors.
test.each([1300, 1700, 1800])('control files of version %i name their system', async (version) => {
  expect(await readSystemId(await dataDirectory(version, 7711461983549832045n))).toBe('7711461983549832045');
});

test.each([
  [1201, 7711461983549832045n],
  [1300, 0n],
])('version %i with system %i is no control file that is known', async (version, systemId) => {
  await expect(readSystemId(await dataDirectory(version, systemId))).rejects.toMatchObject({ code: 'WAL_SYSTEM_UNKNOWN' });
});

test('a missing control file is an error and never an absence', async () => {
  await expect(readSystemId(await tempDir('data'))).rejects.toMatchObject({ code: 'WAL_SYSTEM_UNKNOWN' });
});
