import { Readable } from 'node:stream';

/**
 * A stream of the bytes that `chunks` makes out of `source`. When its reader leaves, `source` is destroyed at once: a generator can be
 * ended only between two of its awaits, so one that waits for a silent source would keep it, and what feeds it, for ever.
 */
export function streamFrom(chunks: AsyncGenerator<Buffer>, source: { destroy(): unknown }): Readable {
  const stream = Readable.from(chunks, { objectMode: false });
  const endChunks = stream._destroy.bind(stream);
  stream._destroy = (error, callback) => {
    source.destroy();
    endChunks(error, callback);
  };
  return stream;
}
