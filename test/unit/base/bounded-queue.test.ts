import { describe, expect, it } from 'vitest';
import { createBoundedQueue } from '#features/recovery/base/bounded-queue';

describe('a bounded queue', () => {
  it('pauses its source when full and lets it go on at half, in order', async () => {
    const calls: string[] = [];
    const queue = createBoundedQueue<number>({ maxBytes: 4, onFull: () => calls.push('full'), onDrained: () => calls.push('drained') });
    for (let item = 0; item < 5; item++) queue.push(item, 1);
    expect(calls).toEqual(['full']);
    const read: number[] = [];
    const reader = queue.read();
    for (let count = 0; count < 3; count++) read.push((await reader.next()).value as number);
    expect(calls).toEqual(['full', 'drained']);
    queue.end();
    for await (const item of reader) read.push(item);
    expect(read).toEqual([0, 1, 2, 3, 4]);
  });

  it('gives an error to a reader that waits, and before what still waits', async () => {
    const idle = createBoundedQueue<number>({ maxBytes: 4, onFull: () => undefined, onDrained: () => undefined });
    const waiting = expect(idle.read().next()).rejects.toThrow('lost');
    idle.end(new Error('lost'));
    await waiting;

    const behind = createBoundedQueue<number>({ maxBytes: 4, onFull: () => undefined, onDrained: () => undefined });
    behind.push(1, 1);
    behind.end(new Error('lost'));
    await expect(behind.read().next()).rejects.toThrow('lost');
  });
});
