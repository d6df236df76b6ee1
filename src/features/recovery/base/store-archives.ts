import { once } from 'node:events';
import { PassThrough, type Readable } from 'node:stream';
import type { StoredObject } from '#repository/stored-object';

/** Raw bytes of an archive that may wait before its compressor. */
const pipeBytes = 1024 * 1024;

/** Stores one archive under its name; resolves when it is durable. */
export type StoreArchive = (name: string, body: Readable) => Promise<StoredObject>;

/** Takes the archives of a backup one after another, as the server sends them. */
export interface ArchiveSink {
  /** Ends the archive before, waits until it is durable, and begins the next. */
  begin(name: string): Promise<void>;
  /** Resolves when there is room for more. @throws what the storing of this archive threw */
  write(chunk: Buffer): Promise<void>;
  /** Ends the last archive. */
  finish(): Promise<readonly StoredObject[]>;
  /** Lets what is being stored fail with `error`, so that nothing of it stays, and waits for that. */
  fail(error: Error): Promise<void>;
}

export function createArchiveSink(store: StoreArchive): ArchiveSink {
  const objects: StoredObject[] = [];
  let current: { body: PassThrough; stored: Promise<StoredObject> } | undefined;

  const end = async (): Promise<void> => {
    if (current === undefined) return;
    const { body, stored } = current;
    body.end();
    objects.push(await stored);
    current = undefined;
  };
  return {
    async begin(name) {
      await end();
      const body = new PassThrough({ highWaterMark: pipeBytes });
      // The reason is what `stored` rejects with; the stream's own error event only has to be heard.
      body.on('error', () => undefined);
      const stored = store(name, body);
      stored.catch((error: unknown) => body.destroy(error as Error));
      current = { body, stored };
    },
    async write(chunk) {
      if (current === undefined) throw new RangeError('data before the first archive');
      const { body, stored } = current;
      if (!body.destroyed && body.write(chunk)) return;
      // A destroyed stream never drains.
      if (!body.destroyed) await once(body, 'drain').catch(() => undefined);
      if (body.destroyed) await stored;
    },
    async finish() {
      await end();
      return objects;
    },
    async fail(error) {
      if (current === undefined) return;
      current.body.destroy(error);
      await current.stored.catch(() => undefined);
      current = undefined;
    },
  };
}
