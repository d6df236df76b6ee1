import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findFilePassword, matchPassword } from '#stores/postgres/password-file';
import { tempDir } from '#support/temp-dir';

const login = { host: 'db.example', port: 5432, database: 'app', username: 'ops' };

describe('a password file', () => {
  it('gives the first line that matches, with wildcards and escapes', () => {
    const text = '# comment\nother:5432:app:ops:wrong\n*:*:app:ops:a\\:b\\\\c\n*:*:*:*:late\n';
    expect(matchPassword(text, login)?.reveal()).toBe('a:b\\c');
    expect(matchPassword(text, { ...login, database: 'x' })?.reveal()).toBe('late');
    expect(matchPassword('other:*:*:*:no\n', login)).toBeUndefined();
  });

  it('knows a socket directory by its path and as localhost', () => {
    expect(matchPassword('localhost:*:*:*:local\n', { ...login, host: '/run/postgresql' })?.reveal()).toBe('local');
  });

  it('is not read when others can read it', async () => {
    const path = join(await tempDir('pgpass'), 'pgpass');
    await writeFile(path, '*:*:*:*:geheim\n', { mode: 0o600 });
    expect((await findFilePassword(login, { PGPASSFILE: path }))?.reveal()).toBe('geheim');
    await chmod(path, 0o644);
    expect(await findFilePassword(login, { PGPASSFILE: path })).toBeUndefined();
    expect(await findFilePassword(login, {})).toBeUndefined();
  });
});
