import { describe, expect, it } from 'vitest';
import { readScript } from '#features/migrations/read-script';
import type { OpsError } from '#kernel/errors';

const script = (text: string) => readScript({ path: 'V001_x.sql', text, checksum: '' });
const failureOf = (text: string): OpsError => {
  try {
    script(text);
  } catch (error) {
    return error as OpsError;
  }
  throw new Error('it was read');
};

describe('readScript', () => {
  it.each([
    'create index concurrently i on t (n)',
    'CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON t (n)',
    '/* why */ create /* x */ index concurrently "I" on t (n)',
    'drop index concurrently i',
    'reindex (concurrently, verbose) table t',
    'reindex table concurrently t',
    'reindex database d',
    'vacuum',
    'vacuum (full) t',
    'cluster',
    'alter system set work_mem = 1',
    'create database d',
    'drop tablespace s',
    'alter database d set tablespace s',
    'alter table t detach partition p concurrently',
    'create subscription s connection $$x$$ publication p',
  ])('runs outside a transaction: %s', (text) => {
    expect(script(text).mode).toBe('alone');
    expect(failureOf(`select 1; ${text}`)).toMatchObject({ code: 'MIGRATION_MIXED', details: { line: 1 } });
  });

  it.each([
    'create index i on t (n)',
    "select 'create index concurrently i on t'",
    'create function concurrently() returns int language sql as $$ select 1; vacuum; $$',
    "alter type e add value 'x'",
    'alter database d set work_mem = 1',
    'cluster t using i',
    'alter table t detach partition p',
    'reindex table t',
    'do $$ begin perform 1; end $$',
    'savepoint a; rollback to a',
    'copy t to program $$cat$$',
  ])('runs in a transaction: %s', (text) => {
    expect(script(text).mode).toBe('transaction');
  });

  it.each([
    ['\\i other.sql', 1],
    ['select 1;\n\\copy t from x', 1],
    ['select 1\n  \\gset', 3],
    ['BEGIN; select 1', 1],
    ['select 1;\ncommit', 1],
    ['start transaction', 1],
    ['rollback', 1],
    ["prepare transaction 'x'", 1],
    ['copy t from stdin', 1],
    ['create index concurrently on t (n)', 1],
  ])('refuses %j', (text, column) => {
    expect(failureOf(text)).toMatchObject({ code: 'MIGRATION_UNSUPPORTED', details: { column } });
  });

  it('points at the statement that has to move', () => {
    const error = failureOf('create table t (n int);\n\n  vacuum t;');
    expect(error.detail).toContain('> 3 |   vacuum t;\n    |   ^');
    expect(error.message).toContain('V001_x.sql:3:3: VACUUM T');
  });

  it.each(['', '-- only\n/* words */', ';;'])('refuses a script without a statement: %j', (text) => {
    expect(failureOf(text).code).toBe('MIGRATION_EMPTY');
  });
});
