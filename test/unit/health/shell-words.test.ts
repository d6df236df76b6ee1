import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { shellWords } from '#features/health/checks/shell-words';
import { archiveCommand } from '#features/lab/postgres';

describe('the words of an archive_command', () => {
  it('are those that sh would see, also with blanks, quotes and percent signs in paths', () => {
    const path = fc.stringMatching(/^\/[a-z0-9 '%"$`\\;-]{1,20}$/);
    fc.assert(
      fc.property(path, path, (home, config) => {
        const words = shellWords(archiveCommand(home, config));
        expect(words).toEqual([expect.stringMatching(/\/bin\/copilot-db-wal$/), 'push', '--config', config, '%p']);
      }),
    );
  });

  it.each([
    ['cp %p /archive/%f', ['cp', '%p', '/archive/%f']],
    [`  a\\ b  "c d"'e'f `, ['a b', 'c def']],
    ['', []],
  ])('%s', (line, words) => {
    expect(shellWords(line)).toEqual(words);
  });

  it.each(['a | b', 'a && b', 'a "$HOME"', 'a `b`', 'a $(b)', 'a > b', "a 'open", 'a; b', 'a *'])('are not guessed: %s', (line) => {
    expect(shellWords(line)).toBeUndefined();
  });
});
