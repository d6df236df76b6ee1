/**
 * The first bytes of every segment: XLogLongPageHeaderData of access/xlog_internal.h. PostgreSQL writes it in the order of
 * bytes of its machine; the magic number tells which.
 */
export interface WalHeader {
  /** Of PostgreSQL: 15 to 18. */
  major: number;
  /** The timeline that wrote the first page: that of the name or, in the first segment after a promotion, an ancestor. */
  timeline: number;
  /** Where in the WAL the segment begins, bytes. */
  startAddress: bigint;
  systemId: string;
  segmentBytes: number;
  blockBytes: number;
}

export const walHeaderBytes = 40;

/** XLOG_PAGE_MAGIC of each major. Each was read from a segment that its initdb wrote. */
const majorOfMagic: ReadonlyMap<number, number> = new Map([
  [0xd110, 15],
  [0xd113, 16],
  [0xd116, 17],
  [0xd118, 18],
]);

/** XLP_LONG_HEADER: only the first page of a segment has the fields that identify it. */
const longHeaderFlag = 0x0002;

/** undefined when these are not the first bytes of a segment of PostgreSQL 15 to 18. */
export function readWalHeader(bytes: Buffer): WalHeader | undefined {
  if (bytes.length < walHeaderBytes) return undefined;
  const little = majorOfMagic.has(bytes.readUInt16LE(0));
  const u16 = (at: number) => (little ? bytes.readUInt16LE(at) : bytes.readUInt16BE(at));
  const u32 = (at: number) => (little ? bytes.readUInt32LE(at) : bytes.readUInt32BE(at));
  const u64 = (at: number) => (little ? bytes.readBigUInt64LE(at) : bytes.readBigUInt64BE(at));
  const major = majorOfMagic.get(u16(0));
  if (major === undefined || (u16(2) & longHeaderFlag) === 0) return undefined;
  return {
    major,
    timeline: u32(4),
    startAddress: u64(8),
    systemId: u64(24).toString(),
    segmentBytes: u32(32),
    blockBytes: u32(36),
  };
}
