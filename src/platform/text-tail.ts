import type { Readable } from 'node:stream';

/** Keeps the last `maxBytes` of a stream, for a message; the rest is read and forgotten, so that the writer never blocks. */
export function keepTail(stream: Readable, maxBytes: number): () => string {
  let tail = Buffer.alloc(0);
  let cut = false;
  stream.on('data', (chunk: Buffer) => {
    const all = Buffer.concat([tail, chunk]);
    cut ||= all.length > maxBytes;
    tail = Buffer.from(all.subarray(Math.max(0, all.length - maxBytes)));
  });
  stream.on('error', () => {});
  return () => wholeLines(tail, cut);
}

/** Text without the broken first line of a cut. */
export function wholeLines(tail: Buffer, cut: boolean): string {
  const lineEnd = cut ? tail.indexOf(0x0a) : -1;
  return tail
    .subarray(lineEnd + 1)
    .toString('utf8')
    .trimEnd();
}
