import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { listBases } from '#repository/catalogue';
import type { Codec } from '#repository/codec';
import { objectsOf } from '#repository/manifest';
import { openRepository } from '#repository/open';
import { readObjectBuffer } from '#repository/read-object';
import { listSystems } from '#repository/systems';
import { fetchWalFile, listTimelines } from '#repository/wal-objects';
import { openObjectStore } from '#stores/objects/open';
import { format1, writeFormat1 } from '#support/repository/format-1';
import { tempDir } from '#support/temp-dir';

/**
 * The golden repositories were written once and are never written again: every later release has to read them. When this test fails
 * after a change of the writer, the change needs a new format number.
 */
const golden = (codec: Codec) => join(import.meta.dirname, 'fixtures/repository-format-1', codec);

const signal = new AbortController().signal;
const env = { PATH: process.env.PATH };

describe.each<Codec>(['zstd', 'gzip'])('format 1 with %s', (codec) => {
  test('is read in full by the code of today', async () => {
    const store = await openObjectStore({ kind: 'directory', directory: golden(codec) });
    const repository = await openRepository(store, { cluster: format1.cluster, name: 'main', signal });
    expect(repository).toMatchObject({ codec, identity: { format: 1, runId: format1.runId } });
    expect(await listSystems(repository, signal)).toMatchObject([{ systemId: format1.systemId, epoch: 1, postgresMajor: 15 }]);
    expect(await listTimelines(repository, format1.systemId, signal)).toEqual([1, 2]);
    for (const [name, body] of Object.entries(format1.wal)) {
      const fetched = await fetchWalFile(repository, { systemId: format1.systemId, name }, { env, signal });
      expect(fetched?.body.equals(body), name).toBe(true);
      expect(fetched?.verifiedBy).toBe('sha256');
    }
    const [base] = await listBases(repository, signal);
    if (base === undefined || !('manifest' in base)) throw new Error('the golden backup was not read');
    const objects = objectsOf(base.manifest);
    expect(objects.map(({ name }) => name)).toEqual(Object.keys(format1.objects));
    for (const object of objects) {
      const body = await readObjectBuffer(repository, object, { env, signal, maxBytes: 1_000_000 });
      expect(body.equals(format1.objects[object.name as keyof typeof format1.objects]), object.name).toBe(true);
    }
  });

  test('is still what the code of today writes', async () => {
    const directory = await tempDir('format');
    await writeFormat1(directory, codec);
    expect(await describeFiles(directory)).toEqual(await describeFiles(golden(codec)));
  });

  test('gives its bytes to standard tools alone', async () => {
    const folder = join(golden(codec), format1.cluster);
    const sha256Of = (command: string) =>
      execFileSync('sh', ['-c', `${command} | sha256sum`], { cwd: folder, encoding: 'utf8' }).slice(0, 64);
    const suffix = codec === 'zstd' ? 'zst' : 'gz';
    const place = `base/${format1.label}/${format1.runId}`;
    expect(sha256Of(`cat ${place}/base.tar.${suffix}.* | ${codec} -d`)).toBe(digest(format1.objects['base.tar']));
    const segment = '000000010000000000000002';
    expect(sha256Of(`${codec} -dc wal/${format1.systemId}/00000001/${segment}.${suffix}`)).toBe(digest(format1.wal[segment]));
  });
});

/** Each file as path and, for JSON, content; what depends on the compressor's version or on chance is masked. */
async function describeFiles(directory: string): Promise<Record<string, unknown>> {
  const names = execFileSync('find', ['.', '-type', 'f'], { cwd: directory, encoding: 'utf8' }).trim().split('\n').sort();
  const described: Record<string, unknown> = {};
  for (const name of names) {
    described[name] = name.endsWith('.json') ? mask(JSON.parse(await readFile(join(directory, name), 'utf8'))) : 'bytes';
  }
  return described;
}

function mask(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(mask);
  if (typeof value !== 'object' || value === null) return value;
  const masked = { body: 'a temporary name', storedBytes: 'bytes', storedSha256: 'sha256', sizeBytes: 'bytes' };
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [key, key in masked ? masked[key as keyof typeof masked] : mask(item)]),
  );
}

function digest(body: Buffer): string {
  return createHash('sha256').update(body).digest('hex');
}
