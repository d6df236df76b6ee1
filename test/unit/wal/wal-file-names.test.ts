import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseWalFile } from '#kernel/wal-file';

const hex8 = fc.integer({ min: 0, max: 0xffffffff }).map((value) => value.toString(16).toUpperCase().padStart(8, '0'));
const segment = fc.tuple(hex8, hex8, hex8).map((parts) => parts.join(''));

describe('names of WAL files', () => {
  it('say kind, timeline and segment', () => {
    fc.assert(
      fc.property(segment, hex8, (name, offset) => {
        const timeline = Number.parseInt(name.slice(0, 8), 16);
        expect(parseWalFile(name)).toEqual({ kind: 'segment', name, timeline, segment: name });
        expect(parseWalFile(`${name}.partial`)).toEqual({ kind: 'partial', name: `${name}.partial`, timeline, segment: name });
        expect(parseWalFile(`${name}.${offset}.backup`)).toMatchObject({ kind: 'backup', timeline, segment: name });
        expect(parseWalFile(`${name.slice(0, 8)}.history`)).toEqual({ kind: 'history', name: `${name.slice(0, 8)}.history`, timeline });
      }),
    );
  });

  it('are nothing else: one character more, less or other is no name', () => {
    const foreign = fc.constantFrom('a', 'f', 'G', '.', '/', ' ', '\n', '\0', '-', '%', '..');
    fc.assert(
      fc.property(segment, fc.nat(23), foreign, (name, at, character) => {
        expect(parseWalFile(name.slice(0, at) + character + name.slice(at + 1))).toBeUndefined();
        expect(parseWalFile(name + character)).toBeUndefined();
        expect(parseWalFile(character + name)).toBeUndefined();
        expect(parseWalFile(name.slice(1))).toBeUndefined();
        expect(parseWalFile(name.toLowerCase() === name ? `${name}x` : name.toLowerCase())).toBeUndefined();
      }),
    );
  });
});
