import { OpsError } from '#kernel/errors';
import { formatLsn } from '#kernel/lsn';
import { segmentNumber, type WalFile } from '#kernel/wal-file';
import { readWalHeader, type WalHeader } from './header.ts';

const smallestSegmentBytes = 1024 ** 2;
const largestSegmentBytes = 1024 ** 3;

/**
 * Proves that `body` is what the name says and belongs to the system: for both ways, before it is archived and before it is replayed.
 * @throws WAL_FILE_INVALID, WAL_SYSTEM_MISMATCH
 */
export function checkWalContent(file: WalFile, body: Buffer, systemId: string): void {
  if (body.length === 0) throw invalid(file, 'it is empty');
  if (file.kind === 'segment' || file.kind === 'partial') checkSegment(file, body, systemId);
}

function checkSegment(file: WalFile & { segment: string }, body: Buffer, systemId: string): void {
  const header = readWalHeader(body);
  if (!header) throw invalid(file, 'it does not begin with the page header of a segment of PostgreSQL 15 to 18');
  const { segmentBytes } = header;
  if (!isSegmentSize(segmentBytes)) throw invalid(file, `its header names a segment size of ${segmentBytes} bytes`);
  if (body.length !== segmentBytes) throw invalid(file, `it has ${body.length} bytes, and its header says ${segmentBytes}`);
  if (header.systemId !== systemId) {
    throw new OpsError('WAL_SYSTEM_MISMATCH', {
      message: `${file.name} was written by the system ${header.systemId}, not by ${systemId}`,
      details: { file: file.name, found: header.systemId, expected: systemId },
    });
  }
  checkPlace(file, header);
}

/** A recycled segment that was never written still holds the header of its former life. */
function checkPlace(file: WalFile & { segment: string }, header: WalHeader): void {
  const expected = segmentNumber(file.segment, header.segmentBytes) * BigInt(header.segmentBytes);
  if (header.startAddress !== expected) {
    throw invalid(file, `its header says that it begins at ${formatLsn(header.startAddress)}, and its name says ${formatLsn(expected)}`);
  }
  if (header.timeline > file.timeline) throw invalid(file, `its header says timeline ${header.timeline}`);
}

function isSegmentSize(bytes: number): boolean {
  return bytes >= smallestSegmentBytes && bytes <= largestSegmentBytes && (bytes & (bytes - 1)) === 0;
}

function invalid(file: WalFile, detail: string): OpsError {
  return new OpsError('WAL_FILE_INVALID', {
    message: `${file.name} is not the WAL that its name says`,
    detail,
    details: { file: file.name },
  });
}
