import { OpsError } from '#kernel/errors';
import { parseTarHeader, renameTarHeader, type TarHeader, tarBlockBytes } from './tar-header.ts';

/** Without it PostgreSQL does not take a directory for a cluster; so it gets its name last. */
export const controlFile = 'global/pg_control';
export const heldControlFile = 'global/pg_control.copilot-db-held';

export interface ScreenOptions {
  /** What is screened, for messages. */
  archive: string;
  onProgress?: (rawBytes: number) => void;
}

/**
 * Passes a base backup's tar on to whatever extracts it. Every name is checked before its bytes go on, and `global/pg_control` is
 * renamed on the way, in the header, so that any tar will do. Ends in RESTORE_ARCHIVE_UNSAFE when a name leaves the directory, a
 * member is neither file nor directory, or the archive is not that of a cluster.
 */
export async function* screenArchive(source: AsyncIterable<Buffer>, { archive, onProgress }: ScreenOptions): AsyncGenerator<Buffer> {
  const seen = new Set<string>();
  let header = Buffer.alloc(0);
  let skipBytes = 0;
  let passedBytes = 0;
  for await (const chunk of source) {
    let rest = chunk;
    while (rest.length > 0) {
      if (skipBytes > 0) {
        const part = rest.subarray(0, skipBytes);
        skipBytes -= part.length;
        rest = rest.subarray(part.length);
        yield part;
        continue;
      }
      const part = rest.subarray(0, tarBlockBytes - header.length);
      header = Buffer.concat([header, part]);
      rest = rest.subarray(part.length);
      if (header.length < tarBlockBytes) break;
      const member = readHeader(header, archive);
      if (member === undefined) yield header;
      else {
        const name = safeName(member, archive);
        seen.add(name);
        skipBytes = Math.ceil(member.sizeBytes / tarBlockBytes) * tarBlockBytes;
        yield name === controlFile ? renameTarHeader(header, heldControlFile) : header;
      }
      header = Buffer.alloc(0);
    }
    passedBytes += chunk.length;
    onProgress?.(passedBytes);
  }
  if (skipBytes > 0 || header.length > 0) throw unsafe(archive, 'It ends in the middle of a member');
  const missing = [controlFile, 'backup_label'].find((name) => !seen.has(name));
  if (missing !== undefined) throw unsafe(archive, `It holds no ${missing}`);
}

function readHeader(block: Buffer, archive: string): TarHeader | undefined {
  try {
    return parseTarHeader(block);
  } catch (error) {
    if (error instanceof RangeError) throw unsafe(archive, error.message);
    throw error;
  }
}

function safeName({ name, kind }: TarHeader, archive: string): string {
  const plain = name.replace(/^(\.\/)+/, '').replace(/\/+$/, '');
  if (kind === 'other') throw unsafe(archive, `${name} is neither a file nor a directory`);
  if (name.startsWith('/') || plain.split('/').includes('..')) throw unsafe(archive, `${name} leads out of the directory`);
  if (plain === heldControlFile) throw unsafe(archive, `${name} is a name that only a restore uses`);
  return plain;
}

function unsafe(archive: string, detail: string): OpsError {
  return new OpsError('RESTORE_ARCHIVE_UNSAFE', {
    message: `The archive ${archive} is not one of a base backup`,
    detail,
    details: { archive },
  });
}
