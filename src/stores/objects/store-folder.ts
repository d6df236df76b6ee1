import type { ObjectInfo, ObjectStore } from './object-store.ts';

/** A folder of a store as a store of its own: every key is below `folder`, and nothing outside can be named. Closing it closes the store. */
export function storeFolder(store: ObjectStore, folder: string): ObjectStore {
  const inside = (key: string) => `${folder}/${key}`;
  const outside = (key: string) => key.slice(folder.length + 1);
  return {
    kind: store.kind,
    location: `${store.location}/${folder}`,
    putStream: (key, body, options) => store.putStream(inside(key), body, options),
    putIfAbsent: (key, body, options) => store.putIfAbsent(inside(key), body, options),
    overwrite: (key, body, options) => store.overwrite(inside(key), body, options),
    getStream: (key, options) => store.getStream(inside(key), options),
    getBuffer: (key, options) => store.getBuffer(inside(key), options),
    head: async (key, options) => {
      const head = await store.head(inside(key), options);
      return head && { ...head, key };
    },
    list: (prefix, { startAfter, signal }) =>
      within(store.list(inside(prefix), startAfter === undefined ? { signal } : { startAfter: inside(startAfter), signal }), outside),
    deleteBatch: async (keys, options) => {
      const failed = await store.deleteBatch(keys.map(inside), options);
      return failed.map(({ key, reason }) => ({ key: outside(key), reason }));
    },
    abortLeftovers: (prefix, options) => store.abortLeftovers(inside(prefix), options),
    close: () => store.close(),
  };
}

async function* within(objects: AsyncIterable<ObjectInfo>, outside: (key: string) => string): AsyncGenerator<ObjectInfo> {
  for await (const { key, sizeBytes } of objects) yield { key: outside(key), sizeBytes };
}
