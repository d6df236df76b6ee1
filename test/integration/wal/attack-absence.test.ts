import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, expect, it } from 'vitest';
import { fetchWal } from '#features/recovery/wal/fetch';
import { pushWal } from '#features/recovery/wal/push';
import type { Repository } from '#repository/open';
import { makeWalRepository, type WalRepository } from '#support/wal-repository';
import { makeDataDir, makeSegment, systemId } from '#support/wal-segment';

const signal = new AbortController().signal;
const env = { PATH: process.env.PATH };

let archive: WalRepository;
let dataDir: string;

beforeEach(async () => {
  archive = await makeWalRepository({ codec: 'gzip' });
  dataDir = await makeDataDir();
});

const door = (repository: Repository = archive.repository) => [{ name: 'main', open: async () => repository }];
const segment = (timeline: number, number: number) => `0000000${timeline}00000000${number.toString(16).toUpperCase().padStart(8, '0')}`;

async function archived(...files: (string | [string, string])[]): Promise<void> {
  for (const file of files) {
    const [name, text] = typeof file === 'string' ? [file, undefined] : file;
    await writeFile(join(dataDir, 'pg_wal', name), text ?? makeSegment(name));
    const run = { runId: '20261123T020000Z-0123456789ab', now: '2026-11-23T02:00:00.000000Z', host: 'here' };
    await pushWal({ path: `pg_wal/${name}`, dataDir, repositories: door(), env, signal, ...run });
  }
}

const fetch = (name: string, repository?: Repository) =>
  fetchWal({
    name,
    path: 'pg_wal/RECOVERYXLOG',
    dataDir,
    mode: 'recovery',
    repositories: door(repository),
    isWanted: () => true,
    env,
    signal,
  });

const stored = (timeline: number, name: string) => join(archive.directory, 'test', 'wal', systemId, `0000000${timeline}`, `${name}.gz`);

it('a history that is lost does not end recovery on the timeline before it', async () => {
  await archived(segment(1, 1), ['00000002.history', '1\t0/200000\tno recovery target specified\n'], segment(2, 2));
  await rm(stored(2, '00000002.history'));
  await expect(fetch('00000002.history')).rejects.toMatchObject({ code: 'WAL_GAP', details: { later: segment(2, 2) } });
});

it('a repository that began on the second timeline needs no history of it', async () => {
  await archived(segment(2, 2));
  await expect(fetch('00000002.history')).rejects.toMatchObject({ code: 'WAL_NOT_ARCHIVED' });
});

it('the last segments of a timeline are missed when the next timeline begins behind them', async () => {
  await archived(segment(1, 1), ['00000002.history', '1\t0/400000\tno recovery target specified\n'], segment(2, 4));
  for (const number of [2, 3]) {
    await expect(fetch(segment(1, number))).rejects.toMatchObject({ code: 'WAL_GAP', details: { later: segment(2, 4) } });
  }
  // The segment of the switch is the next timeline's.
  await expect(fetch(segment(1, 4))).rejects.toMatchObject({ code: 'WAL_NOT_ARCHIVED' });
  await expect(fetch(segment(2, 5))).rejects.toMatchObject({ code: 'WAL_NOT_ARCHIVED' });
});

it('a timeline that branched off another one says nothing', async () => {
  const two: [string, string] = ['00000002.history', '1\t0/200000\tx\n'];
  await archived(segment(1, 1), two, segment(2, 2), ['00000003.history', '1\t0/200000\tx\n2\t0/700000\tx\n'], segment(3, 7));
  await expect(fetch(segment(1, 3))).rejects.toMatchObject({ code: 'WAL_NOT_ARCHIVED' });
  await expect(fetch(segment(2, 3))).rejects.toMatchObject({ code: 'WAL_GAP', details: { later: segment(3, 7) } });
});

it('an archive whose file system goes away after the system was read is not an empty one', async () => {
  await archived(segment(1, 1), segment(1, 2));
  const { store } = archive.repository;
  const unmounting: typeof store.getBuffer = async (key, options) => {
    if (key.startsWith('wal/')) {
      await rename(archive.directory, join(dataDir, 'away'));
      await mkdir(archive.directory);
    }
    return store.getBuffer(key, options);
  };
  const repository = { ...archive.repository, store: { ...store, getBuffer: unmounting } };
  await expect(fetch(segment(1, 1), repository)).rejects.toMatchObject({ code: 'WAL_LISTING_CONTRADICTS' });
});

it('a file that went below the mount point of the archive is not archived', async () => {
  await archived(segment(1, 1));
  const { store } = archive.repository;
  const unmounting: typeof store.putIfAbsent = async (key, body, options) => {
    await rename(archive.directory, join(dataDir, 'away'));
    await mkdir(archive.directory);
    return store.putIfAbsent(key, body, options);
  };
  archive = { ...archive, repository: { ...archive.repository, store: { ...store, putIfAbsent: unmounting } } };
  await expect(archived(segment(1, 2))).rejects.toMatchObject({ code: 'OBJECT_STORE_UNAVAILABLE' });
});
