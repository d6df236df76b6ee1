import { createHash } from 'node:crypto';

/**
 * sha256 (hex) of a script as people see it. What editors, formatters and checkouts change without meaning it does not count: a byte
 * order mark, CRLF or CR for line ends, spaces and tabs at the end of a line, empty lines at the end of the file. All else does.
 */
export function checksumOf(text: string): string {
  const seen = unifyLineEnds(text)
    .replace(/[ \t]+$/gm, '')
    .replace(/\n*$/, '\n');
  return createHash('sha256').update(seen, 'utf8').digest('hex');
}

/** Without byte order mark, lines ended by LF: the form that is executed, so that a checkout on Windows runs the same statements. */
export function unifyLineEnds(text: string): string {
  return text.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n');
}
