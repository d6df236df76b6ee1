import { link } from 'node:fs/promises';
import { expect, test, vi } from 'vitest';
import { openObjectStore } from '#stores/objects/open';
import { tempDir } from '#support/temp-dir';

// A full directory cannot be made on demand, so link(2) itself says so once; everything else is the real file system.
vi.mock('node:fs/promises', { spy: true });

test('a disk that is full between the metadata and the object does not block the key for ever', async () => {
  const store = await openObjectStore({ kind: 'directory', directory: await tempDir() });
  const { signal } = new AbortController();
  const body = Buffer.from('segment');
  const real = vi.mocked(link).getMockImplementation();
  vi.mocked(link).mockImplementation(async (from, to) => {
    if (String(to).endsWith('/wal/a')) throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
    const actual = await vi.importActual<typeof import('node:fs/promises')>('node:fs/promises');
    return actual.link(from, to);
  });
  await expect(store.putIfAbsent('wal/a', body, { runId: 'first', signal })).rejects.toThrow();
  expect(vi.mocked(link).mock.calls.some(([, to]) => String(to).endsWith('/wal/a'))).toBe(true);
  if (real) vi.mocked(link).mockImplementation(real);
  else vi.mocked(link).mockRestore();
  await store.putIfAbsent('wal/a', body, { runId: 'second', signal });
  expect((await store.getBuffer('wal/a', { signal })).body).toEqual(body);
});
