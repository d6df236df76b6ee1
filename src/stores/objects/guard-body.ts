import type { Readable } from 'node:stream';
import { OpsError } from '#kernel/errors';
import { streamFrom } from '#platform/stream-from';

interface GuardOptions {
  /** What is read, for messages. */
  name: string;
  expectedBytes: number;
  /** How long the source may be silent while we wait for it. */
  idleMs: number;
  signal: AbortSignal;
  translate: (error: unknown) => unknown;
}

/**
 * Passes a body on and ends in an error when it is not exactly as long as announced, when it falls silent, or when the signal fires.
 * Only waiting for the source counts as silence; a slow reader does not.
 */
export function guardBody(body: Readable, options: GuardOptions): Readable {
  return streamFrom(guarded(body, options), body);
}

async function* guarded(body: Readable, options: GuardOptions): AsyncGenerator<Buffer> {
  const abort = () => body.destroy(asError(options.signal.reason));
  let waiting = true;
  const timer = setTimeout(() => waiting && body.destroy(silence(options)), options.idleMs);
  options.signal.addEventListener('abort', abort, { once: true });
  let receivedBytes = 0;
  try {
    options.signal.throwIfAborted();
    for await (const chunk of body as AsyncIterable<Buffer>) {
      waiting = false;
      receivedBytes += chunk.length;
      yield chunk;
      waiting = true;
      timer.refresh();
    }
  } catch (error) {
    options.signal.throwIfAborted();
    throw options.translate(error);
  } finally {
    clearTimeout(timer);
    options.signal.removeEventListener('abort', abort);
    body.destroy();
  }
  options.signal.throwIfAborted();
  if (receivedBytes !== options.expectedBytes) throw truncated(options.name, options.expectedBytes, receivedBytes);
}

/** OBJECT_TRUNCATED with both numbers. */
export function truncated(name: string, expectedBytes: number, receivedBytes: number): OpsError {
  return new OpsError('OBJECT_TRUNCATED', {
    message: `${name} has ${receivedBytes} bytes where ${expectedBytes} were announced`,
    details: { name, expectedBytes, receivedBytes },
  });
}

function silence(options: GuardOptions): OpsError {
  return new OpsError('OBJECT_STORE_UNAVAILABLE', { message: `${options.name} sent nothing for ${Math.round(options.idleMs / 1000)} s` });
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
