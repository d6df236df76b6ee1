import { randomBytes } from 'node:crypto';
import { readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { beforeEach, describe, expect, test } from 'vitest';
import { Secret } from '#kernel/secret';
import { listBases, readBase } from '#repository/catalogue';
import { initRepository } from '#repository/init';
import { baseFolder } from '#repository/layout';
import { openRepository, type Repository } from '#repository/open';
import { publishManifest } from '#repository/publish';
import { readObject } from '#repository/read-object';
import { storeObject } from '#repository/store-object';
import { admitSystem, claimSystem, listSystems } from '#repository/systems';
import { fetchWalFile, listTimelines, listWalFiles, putWalFile } from '#repository/wal-objects';
import type { ObjectStore } from '#stores/objects/object-store';
import { openObjectStore } from '#stores/objects/open';
import { useRadosGateway } from '#support/rados-gateway';
import { baseManifest } from '#support/repository/base-manifest';
import { tempDir } from '#support/temp-dir';

const signal = new AbortController().signal;
const env = { PATH: process.env.PATH };
const systemId = '7300000000000000001';
const runId = '20261123T020000Z-aabbccddeeff';
const now = '2026-11-23T02:00:00.000000Z';
const init = { cluster: 'shop', name: 'main', codec: 'zstd' as const, runId, now, toolVersion: '0.1.0', signal };
const claim = { systemId, host: 'db1', dataDirectory: '/var/lib/postgresql/15/main', postgresMajor: 15, now, runId };

let root: string;
let store: ObjectStore;
let repository: Repository;
beforeEach(async () => {
  root = join(await tempDir('repository'), 'r');
  store = await openObjectStore({ kind: 'directory', directory: root });
  ({ repository } = await initRepository(store, init));
});

describe('init', () => {
  test('writes one identity and leaves nothing else', async () => {
    expect((await readdir(root, { recursive: true })).sort()).toEqual(['shop', 'shop/repository.json', 'shop/repository.json.meta.json']);
    expect(repository.identity).toMatchObject({ format: 1, cluster: 'shop', codec: 'zstd', encryption: 'none', runId, createdAt: now });
  });

  test('again changes nothing, also with other settings', async () => {
    const before = await readFile(join(root, 'shop/repository.json'));
    const again = await initRepository(store, { ...init, runId: '20261123T030000Z-aabbccddeeff', codec: 'gzip' });
    expect(again).toMatchObject({ outcome: 'exists', repository: { codec: 'zstd' } });
    expect(await readFile(join(root, 'shop/repository.json'))).toEqual(before);
  });

  test('by two at once makes one repository that both see', async () => {
    const both = await Promise.all(
      ['a', 'b'].map((letter) => initRepository(store, { ...init, cluster: 'other', runId: `20261123T030000Z-${letter.repeat(12)}` })),
    );
    expect(both.filter(({ outcome }) => outcome === 'created')).toHaveLength(1);
    expect(both[0]?.repository.identity).toEqual(both[1]?.repository.identity);
  });

  test('on a real gateway finds what it needs', async () => {
    const gateway = await useRadosGateway();
    const s3 = await openObjectStore({
      kind: 's3',
      bucket: await gateway.createBucket(),
      region: gateway.region,
      prefix: 'p',
      endpoint: gateway.endpoint,
      pathStyle: true,
      checksum: 'when-required',
      accessKeyId: gateway.accessKeyId,
      secretAccessKey: new Secret(gateway.secretAccessKey),
      instanceMetadata: false,
    });
    const made = await initRepository(s3, init);
    expect(made.repository.identity.capabilities).toEqual({
      putIfAbsent: true,
      rangedGet: true,
      orderedList: true,
      multipart: true,
      serverSideEncryption: null,
    });
    const keys: string[] = [];
    for await (const { key } of s3.list('', { signal })) keys.push(key);
    expect(keys).toEqual(['shop/repository.json']);
    s3.close();
  });

  const lies: Record<string, (honest: ObjectStore) => Partial<ObjectStore>> = {
    'overwrites where it should refuse': (honest) => ({
      putIfAbsent: async (key, body, options) => {
        await honest.overwrite(key, body, options);
        return 'created';
      },
    }),
    'refuses and overwrites all the same': (honest) => ({
      putIfAbsent: async (key, body, options) => {
        const there = await honest.head(key, options);
        await honest.overwrite(key, body, options);
        return there ? 'exists' : 'created';
      },
    }),
    'lists late': () => ({ list: async function* () {} }),
    'ignores ranges': (honest) => ({ getStream: (key, { signal }) => honest.getStream(key, { signal }) }),
    'loses bytes of an upload': (honest) => ({
      putStream: async (key, _body, options) => await honest.putStream(key, Readable.from([Buffer.from('x')]), options),
    }),
  };
  test.each(Object.keys(lies))('refuses a store that %s', async (lie) => {
    const directory = join(await tempDir('lies'), 'r');
    const honest = await openObjectStore({ kind: 'directory', directory });
    const lying = { ...honest, ...lies[lie]?.(honest) };
    await expect(initRepository(lying, init)).rejects.toMatchObject({ code: 'OBJECT_STORE_UNSUITABLE', exit: 'refused' });
    expect(await readdir(directory)).toEqual([]);
  });
});

describe('open', () => {
  const open = () => openRepository(store, { cluster: 'shop', name: 'main', signal });
  const rewrite = async (change: (identity: Record<string, unknown>) => unknown) => {
    const path = join(root, 'shop/repository.json');
    const changed = change(JSON.parse(await readFile(path, 'utf8')));
    await rm(`${path}.meta.json`, { force: true });
    await writeFile(path, typeof changed === 'string' ? changed : JSON.stringify(changed));
  };

  test('refuses a place without a repository, with the way on', async () => {
    const opening = openRepository(store, { cluster: 'elsewhere', name: 'main', signal });
    await expect(opening).rejects.toMatchObject({
      code: 'REPOSITORY_NOT_INITIALISED',
      exit: 'usage',
      nextSteps: [expect.stringContaining('copilot-db repository init'), expect.anything()],
    });
  });

  test('refuses another cluster’s, as does init', async () => {
    await rewrite((identity) => ({ ...identity, cluster: 'other' }));
    await expect(open()).rejects.toMatchObject({ code: 'REPOSITORY_FOREIGN', exit: 'refused' });
    await expect(initRepository(store, init)).rejects.toMatchObject({ code: 'REPOSITORY_FOREIGN' });
  });

  test('refuses a newer format', async () => {
    await rewrite((identity) => ({ ...identity, format: 2, codec: 'brotli' }));
    await expect(open()).rejects.toMatchObject({ code: 'REPOSITORY_FORMAT_UNKNOWN', exit: 'refused' });
  });

  test('refuses what is no identity', async () => {
    for (const odd of ['', 'null', '[]', '{"format":1}', '{']) {
      await rewrite(() => odd);
      await expect(open()).rejects.toMatchObject({ code: 'REPOSITORY_INVALID', exit: 'integrity' });
      await writeFile(join(root, 'shop/repository.json'), JSON.stringify(repository.identity));
    }
  });

  test('passes over fields that a later release added', async () => {
    await rewrite((identity) => ({ ...identity, colour: 'green' }));
    expect((await open()).identity).not.toHaveProperty('colour');
  });
});

describe('systems', () => {
  test('the first that comes owns it; another has to be admitted', async () => {
    expect(await claimSystem(repository, claim, signal)).toBe('claimed');
    expect(await claimSystem(repository, { ...claim, runId: 'later' }, signal)).toBe('owned');
    const stranger = { ...claim, systemId: '7300000000000000002' };
    await expect(claimSystem(repository, stranger, signal)).rejects.toMatchObject({
      code: 'REPOSITORY_SYSTEM_FOREIGN',
      exit: 'refused',
      nextSteps: [expect.anything(), expect.stringContaining('--system 7300000000000000002')],
    });
    expect(await admitSystem(repository, stranger, signal)).toBe('claimed');
    expect(await claimSystem(repository, stranger, signal)).toBe('owned');
    expect((await listSystems(repository, signal)).map(({ systemId: id, epoch }) => [id, epoch])).toEqual([
      [systemId, 1],
      ['7300000000000000002', 2],
    ]);
  });

  test('of two that come first at once at most one gets it', async () => {
    const outcomes = await Promise.allSettled(
      ['1', '2'].map((id) => claimSystem(repository, { ...claim, systemId: id, runId: `r${id}` }, signal)),
    );
    const owners = await listSystems(repository, signal);
    expect(owners).toHaveLength(outcomes.filter(({ status }) => status === 'fulfilled').length);
    expect(owners.length).toBeLessThanOrEqual(1);
  });
});

describe('WAL', () => {
  const name = '000000010000000000000001';
  const body = Buffer.concat([randomBytes(500_000), Buffer.alloc(500_000)]);
  const file = { systemId, name, body, runId };

  test('goes in once and comes back checked', async () => {
    expect(await putWalFile(repository, file, { env, signal })).toMatchObject({ outcome: 'created', rawBytes: body.length });
    expect(await putWalFile(repository, { ...file, runId: 'other' }, { env, signal })).toMatchObject({ outcome: 'same' });
    const fetched = await fetchWalFile(repository, file, { env, signal });
    expect(fetched?.body.equals(body)).toBe(true);
    expect(fetched?.verifiedBy).toBe('sha256');
    expect(await fetchWalFile(repository, { systemId, name: '000000010000000000000002' }, { env, signal })).toBeUndefined();
  });

  test('of other content is a conflict, and what was there stays', async () => {
    await putWalFile(repository, file, { env, signal });
    const other = await putWalFile(repository, { ...file, body: randomBytes(1000), runId: 'other' }, { env, signal });
    expect(other).toMatchObject({ outcome: 'conflict', there: { runId, rawBytes: body.length } });
    expect((await fetchWalFile(repository, file, { env, signal }))?.body.equals(body)).toBe(true);
  });

  test('that was copied without its metadata is compared and fetched by content', async () => {
    await putWalFile(repository, file, { env, signal });
    await rm(join(root, 'shop/wal', systemId, '00000001', `${name}.zst.meta.json`));
    expect(await putWalFile(repository, { ...file, runId: 'other' }, { env, signal })).toMatchObject({ outcome: 'same' });
    expect(await putWalFile(repository, { ...file, body: randomBytes(10) }, { env, signal })).toMatchObject({ outcome: 'conflict' });
    expect((await fetchWalFile(repository, file, { env, signal }))?.verifiedBy).toBe('frame');
  });

  test('that is damaged or cut short is never given out', async () => {
    await putWalFile(repository, file, { env, signal });
    const path = join(root, 'shop/wal', systemId, '00000001', `${name}.zst`);
    const stored = await readFile(path);
    stored.writeUInt8(stored.readUInt8(400_000) ^ 4, 400_000);
    await writeFile(path, stored);
    await expect(fetchWalFile(repository, file, { env, signal })).rejects.toMatchObject({ code: 'OBJECT_CORRUPT', exit: 'integrity' });
    await truncate(path, 1000);
    await expect(fetchWalFile(repository, file, { env, signal })).rejects.toMatchObject({ code: 'OBJECT_TRUNCATED' });
    await rm(`${path}.meta.json`);
    await expect(fetchWalFile(repository, file, { env, signal })).rejects.toMatchObject({ code: 'OBJECT_CORRUPT' });
  });

  test('of another file under this name is found out by its checksum', async () => {
    await putWalFile(repository, file, { env, signal });
    await putWalFile(repository, { ...file, name: '000000010000000000000002', body: randomBytes(1_000_000) }, { env, signal });
    const folder = join(root, 'shop/wal', systemId, '00000001');
    const other = await readFile(join(folder, '000000010000000000000002.zst'));
    const described = JSON.parse(await readFile(join(folder, `${name}.zst.meta.json`), 'utf8'));
    await writeFile(join(folder, `${name}.zst`), other);
    await writeFile(join(folder, `${name}.zst.meta.json`), JSON.stringify({ ...described, sizeBytes: other.length }));
    await expect(fetchWalFile(repository, file, { env, signal })).rejects.toMatchObject({ code: 'OBJECT_CORRUPT' });
  });

  test('is listed by timeline, from a name on', async () => {
    const names = [
      '000000010000000000000001',
      '000000010000000000000002',
      '000000010000000000000002.00000028.backup',
      '00000002.history',
      '0000000A0000000000000003',
    ];
    for (const each of names) await putWalFile(repository, { ...file, name: each, body: Buffer.from(each) }, { env, signal });
    expect(await listTimelines(repository, systemId, signal)).toEqual([1, 2, 10]);
    expect(await listTimelines(repository, '9', signal)).toEqual([]);
    const listed = async (from?: string) => {
      const found: string[] = [];
      const place = { systemId, timeline: 1, ...(from === undefined ? {} : { from }) };
      for await (const { file: walFile } of listWalFiles(repository, place, signal)) found.push(walFile.name);
      return found;
    };
    expect(await listed()).toEqual(['000000010000000000000001', '000000010000000000000002.00000028.backup', '000000010000000000000002']);
    expect(await listed('000000010000000000000002')).toHaveLength(2);
    expect(await listed('000000010000000000000003')).toEqual([]);
  });
});

describe('objects', () => {
  const folder = baseFolder('20261123T020000Z', runId);
  const body = Buffer.concat([randomBytes(700_000), Buffer.alloc(300_000)]);
  const put = (options: { maxPartBytes?: number } = {}) =>
    storeObject(repository, Readable.from([body.subarray(0, 10), body.subarray(10)]), {
      folder,
      name: 'base.tar',
      env,
      signal,
      ...options,
    });
  const readBack = async (object: Awaited<ReturnType<typeof put>>) => {
    const chunks: Buffer[] = [];
    for await (const chunk of readObject(repository, object, { env, signal }) as AsyncIterable<Buffer>) chunks.push(chunk);
    return Buffer.concat(chunks);
  };

  test('are cut into parts of exactly the limit and joined again', async () => {
    const object = await put({ maxPartBytes: 200_000 });
    expect(object.parts.map(({ storedBytes }) => storedBytes)).toEqual([200_000, 200_000, 200_000, object.storedBytes - 600_000]);
    expect(object).toMatchObject({
      name: 'base.tar',
      codec: 'zstd',
      rawBytes: body.length,
      parts: [{ key: `${folder}base.tar.zst.000` }, {}, {}, {}],
    });
    expect((await readBack(object)).equals(body)).toBe(true);
  });

  test('whose source fails leave no part that could be taken for the end', async () => {
    async function* failing() {
      yield body;
      throw new Error('the source broke');
    }
    const storing = storeObject(repository, Readable.from(failing()), {
      folder,
      name: 'base.tar',
      env,
      signal,
      codec: 'none',
      maxPartBytes: 10_000_000,
    });
    await expect(storing).rejects.toThrow('the source broke');
    expect(await readdir(join(root, 'shop', folder))).toEqual([]);
  });

  test('end in an error when a part is missing, swapped, damaged or short', async () => {
    const object = await put({ maxPartBytes: 200_000 });
    const path = (part: number) => join(root, 'shop', object.parts[part]?.key as string);
    const [first, second] = [await readFile(path(0)), await readFile(path(1))];
    await writeFile(path(0), second);
    await expect(readBack(object)).rejects.toMatchObject({ code: 'OBJECT_CORRUPT' });
    const damaged = Buffer.from(first);
    damaged.writeUInt8(damaged.readUInt8(199_999) ^ 1, 199_999);
    await writeFile(path(0), damaged);
    await expect(readBack(object)).rejects.toMatchObject({ code: 'OBJECT_CORRUPT' });
    await writeFile(path(0), first.subarray(0, 199_999));
    await expect(readBack(object)).rejects.toMatchObject({ code: 'OBJECT_CORRUPT', exit: 'integrity' });
    await writeFile(path(0), first);
    await rm(path(3));
    await expect(readBack(object)).rejects.toMatchObject({ code: 'OBJECT_NOT_FOUND', exit: 'integrity' });
  });

  test('end in an error when the manifest names other raw bytes', async () => {
    const object = await put();
    await expect(readBack({ ...object, rawBytes: object.rawBytes + 1 })).rejects.toMatchObject({ code: 'OBJECT_CORRUPT' });
    await expect(readBack({ ...object, rawBytes: object.rawBytes - 1 })).rejects.toMatchObject({ code: 'OBJECT_CORRUPT' });
    await expect(readBack({ ...object, rawSha256: '0'.repeat(64) })).rejects.toMatchObject({ code: 'OBJECT_CORRUPT' });
  });

  test('are published once under a label, and only when all of them are there', async () => {
    const object = await put();
    const manifest = baseManifest({ cluster: 'shop', systemId, runId, archive: object });
    await publishManifest(repository, manifest, signal);
    await publishManifest(repository, manifest, signal);
    expect(await readBase(repository, manifest.label, signal)).toEqual(manifest);
    await expect(publishManifest(repository, { ...manifest, runId: 'other' }, signal)).rejects.toMatchObject({
      code: 'BACKUP_LABEL_TAKEN',
      exit: 'busy',
    });
    await rm(join(root, 'shop', object.parts[0]?.key as string));
    await expect(publishManifest(repository, { ...manifest, label: '20261123T030000Z' }, signal)).rejects.toMatchObject({
      code: 'OBJECT_NOT_FOUND',
    });
    expect(await readBase(repository, '20261123T030000Z', signal)).toBeUndefined();
  });

  test('are catalogued newest first; a manifest that cannot be read hides no other', async () => {
    const object = await put();
    const labels = ['20261123T020000Z', '20261124T020000Z', '20261125T020000Z', '20261126T020000Z'];
    for (const label of labels)
      await publishManifest(repository, baseManifest({ cluster: 'shop', systemId, runId, archive: object, label }), signal);
    const replace = async (label: string, text: string) => {
      await rm(join(root, 'shop/base', label, 'manifest.json.meta.json'));
      await writeFile(join(root, 'shop/base', label, 'manifest.json'), text);
    };
    await replace('20261124T020000Z', '{"format":7}');
    await replace('20261125T020000Z', '{"format":1}');
    const bases = await listBases(repository, signal);
    expect(bases.map(({ label }) => label)).toEqual(labels.toReversed());
    expect(bases.map((base) => ('problem' in base ? base.problem.code : 'good'))).toEqual([
      'good',
      'BACKUP_MANIFEST_INVALID',
      'REPOSITORY_FORMAT_UNKNOWN',
      'good',
    ]);
  });
});
