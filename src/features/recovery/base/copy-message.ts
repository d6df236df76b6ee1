/** What the server sends inside BASE_BACKUP's one CopyOut (PostgreSQL 15 and later, documentation 55.4). */
export type CopyMessage =
  | { kind: 'archive'; name: string; location: string }
  | { kind: 'manifest' }
  | { kind: 'data'; chunk: Buffer }
  | { kind: 'progress'; doneBytes: bigint };

/**
 * Reads one CopyData message. The bytes of `data` are copied: `pg` moves later messages over the buffer that earlier ones
 * point into (pg-protocol Parser.mergeBuffer), so a slice must not outlive the call that delivered it.
 * @throws RangeError for a message that no server of a known version sends
 */
export function parseCopyMessage(message: Buffer): CopyMessage {
  switch (String.fromCharCode(message[0] ?? 0)) {
    case 'd':
      return { kind: 'data', chunk: Buffer.from(message.subarray(1)) };
    case 'p':
      return { kind: 'progress', doneBytes: message.readBigInt64BE(1) };
    case 'n': {
      const [name, location] = message.toString('utf8', 1).split('\0');
      if (name === undefined || name === '') throw new RangeError('an archive without a name');
      return { kind: 'archive', name, location: location ?? '' };
    }
    case 'm':
      return { kind: 'manifest' };
    default:
      throw new RangeError(`a message of unknown type 0x${(message[0] ?? 0).toString(16)}`);
  }
}
