/** A header of a tar archive (POSIX ustar), as far as a base backup uses it. */
export interface TarHeader {
  name: string;
  kind: 'file' | 'directory' | 'other';
  sizeBytes: number;
}

export const tarBlockBytes = 512;

/** undefined for the zero block that ends an archive. @throws RangeError when the block is no header */
export function parseTarHeader(block: Buffer): TarHeader | undefined {
  if (block.every((byte) => byte === 0)) return undefined;
  if (checksum(block) !== parseOctal(block.subarray(148, 156))) throw new RangeError('a header of the tar archive has a wrong checksum');
  const name = textOf(block.subarray(0, 100));
  const prefix = block.subarray(257, 262).toString('latin1') === 'ustar' ? textOf(block.subarray(345, 500)) : '';
  const type = String.fromCharCode(block[156] as number);
  const kind = type === '0' || type === '\0' ? 'file' : type === '5' ? 'directory' : 'other';
  return {
    name: prefix === '' ? name : `${prefix}/${name}`,
    kind,
    sizeBytes: kind === 'directory' ? 0 : parseSize(block.subarray(124, 136)),
  };
}

/** A copy of the header under another name. @throws RangeError when the name is longer than its field */
export function renameTarHeader(block: Buffer, name: string): Buffer {
  const bytes = Buffer.from(name, 'latin1');
  if (bytes.length > 99) throw new RangeError(`too long for a tar header: ${name}`);
  const copy = Buffer.from(block);
  copy.fill(0, 0, 100);
  bytes.copy(copy, 0);
  copy.fill(0, 345, 500);
  copy.write(`${checksum(copy).toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return copy;
}

/** The sum of all bytes, with blanks in the place of the sum itself. */
function checksum(block: Buffer): number {
  let sum = 0;
  for (let index = 0; index < tarBlockBytes; index += 1) sum += index >= 148 && index < 156 ? 32 : (block[index] as number);
  return sum;
}

/** Octal digits, or, for more than 8 GiB, a big-endian number with the first bit set (GNU; PostgreSQL's print_tar_number). */
function parseSize(field: Buffer): number {
  if (((field[0] as number) & 0x80) === 0) return parseOctal(field);
  let size = 0;
  for (const byte of field.subarray(1)) size = size * 256 + byte;
  return size;
}

function parseOctal(field: Buffer): number {
  const digits = /^[ \0]*([0-7]+)/.exec(field.toString('latin1'))?.[1];
  if (digits === undefined) throw new RangeError('a number in a header of the tar archive is none');
  return Number.parseInt(digits, 8);
}

function textOf(field: Buffer): string {
  const end = field.indexOf(0);
  return field.subarray(0, end === -1 ? field.length : end).toString('utf8');
}
