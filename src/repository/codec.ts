import type { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { promisify } from 'node:util';
import { createGunzip, createGzip, type Gunzip, type Gzip, gunzip, gzip } from 'node:zlib';
import { isOpsError, messageOf, OpsError } from '#kernel/errors';
import { runChild, spawnChild } from '#platform/child';
import { streamFrom } from '#platform/stream-from';

/** How everything of one repository is compressed; fixed by its repository.json. Both are standard formats. */
export type Codec = 'zstd' | 'gzip';

export interface CodecOptions {
  signal: AbortSignal;
  /** Where `zstd` is looked for: its PATH. */
  env: Readonly<Record<string, string | undefined>>;
  /** zstd 3 and gzip 1 unless told. */
  level?: number;
  /** Of zstd; 1 unless told. */
  threads?: number;
}

export function suffixOf(codec: Codec): '.zst' | '.gz' {
  return codec === 'zstd' ? '.zst' : '.gz';
}

/** Ends in an error when the source or the compressor fails, so what was cut short never looks complete. @throws BINARY_MISSING */
export function compressStream(codec: Codec, source: Readable, options: CodecOptions): Readable {
  if (codec === 'gzip') return streamFrom(throughZlib(createGzip({ level: options.level ?? 1 }), source, options), source);
  return streamFrom(throughZstd(compressArguments(options), source, options), source);
}

/** Ends in OBJECT_CORRUPT when the source is no whole stream of this codec. @throws BINARY_MISSING */
export function decompressStream(codec: Codec, source: Readable, options: CodecOptions): Readable {
  if (codec === 'gzip') return streamFrom(throughZlib(createGunzip(), source, options), source);
  return streamFrom(throughZstd(['-d', '-q', '-c'], source, options), source);
}

/** @throws BINARY_MISSING, CODEC_FAILED */
export async function compressBuffer(codec: Codec, raw: Buffer, options: CodecOptions): Promise<Buffer> {
  options.signal.throwIfAborted();
  if (codec === 'gzip') return await promisify(gzip)(raw, { level: options.level ?? 1 });
  const exit = await runChild('zstd', compressArguments(options), {
    ...childOptions(options),
    input: raw,
    maxOutputBytes: raw.length + 1024 * 1024,
  });
  if (!exit.succeeded) throw compressorFailed(exit.stderrTail);
  return exit.stdout;
}

/** @throws BINARY_MISSING, OBJECT_CORRUPT (also when there would be more than `maxBytes`) */
export async function decompressBuffer(codec: Codec, stored: Buffer, options: CodecOptions & { maxBytes: number }): Promise<Buffer> {
  options.signal.throwIfAborted();
  if (codec === 'gzip') {
    return await promisify(gunzip)(stored, { maxOutputLength: options.maxBytes }).catch((error: unknown) => {
      throw notWhole(messageOf(error));
    });
  }
  const child = { ...childOptions(options), input: stored, maxOutputBytes: options.maxBytes };
  const exit = await runChild('zstd', ['-d', '-q', '-c'], child).catch((error: unknown) => {
    throw isOpsError(error, 'CHILD_OUTPUT_TOO_LARGE') ? notWhole(`It unpacks to more than ${options.maxBytes} bytes`) : error;
  });
  if (!exit.succeeded) throw notWhole(exit.stderrTail);
  return exit.stdout;
}

async function* throughZstd(args: readonly string[], source: Readable, options: CodecOptions): AsyncGenerator<Buffer> {
  const child = spawnChild('zstd', args, { ...childOptions(options), stdin: 'pipe' });
  const feeding = feed(source, child.stdin as Writable, options.signal);
  let ended = false;
  try {
    yield* child.stdout as AsyncIterable<Buffer>;
    const exit = await child.done;
    ended = true;
    options.signal.throwIfAborted();
    const failure = await feeding;
    if (failure?.culprit === 'source') throw failure.error;
    if (!exit.succeeded) throw args[0] === '-d' ? notWhole(exit.stderrTail) : compressorFailed(exit.stderrTail);
    // The program took a stdin that was cut for its end, and succeeded.
    if (failure) throw failure.error;
  } finally {
    source.destroy();
    if (!ended) await child.stop();
  }
}

async function* throughZlib(transform: Gzip | Gunzip, source: Readable, { signal }: CodecOptions): AsyncGenerator<Buffer> {
  const feeding = feed(source, transform, signal);
  try {
    yield* transform as AsyncIterable<Buffer>;
  } catch (error) {
    signal.throwIfAborted();
    const failure = await feeding;
    throw failure?.culprit === 'source' ? failure.error : notWhole(messageOf(error));
  } finally {
    source.destroy();
    transform.destroy();
  }
  signal.throwIfAborted();
}

/** Never rejects: which end failed first decides what is said, and it is known only when both have ended. */
async function feed(
  source: Readable,
  target: Writable,
  signal: AbortSignal,
): Promise<{ culprit: 'source' | 'target'; error: unknown } | undefined> {
  let culprit: 'source' | 'target' | undefined;
  source.once('error', () => {
    culprit ??= 'source';
  });
  target.once('error', () => {
    culprit ??= 'target';
  });
  try {
    await pipeline(source, target, { signal });
    return undefined;
  } catch (error) {
    return { culprit: culprit ?? 'source', error };
  }
}

function compressArguments({ level = 3, threads = 1 }: CodecOptions): readonly string[] {
  return [`-${level}`, `-T${threads}`, '-q', '-c'];
}

function childOptions({ signal, env }: CodecOptions): Pick<CodecOptions, 'signal' | 'env'> {
  return { signal, env };
}

function compressorFailed(lastWords: string): OpsError {
  return new OpsError('CODEC_FAILED', { message: 'Zstd could not compress', detail: lastWords });
}

function notWhole(lastWords: string): OpsError {
  return new OpsError('OBJECT_CORRUPT', { message: 'The compressed data is damaged or cut short', detail: lastWords });
}
