import { describe, expect, it } from 'vitest';
import { dataLossOf } from '#features/migrations/drops-data';
import { type Statement, splitStatements } from '#features/migrations/split-statements';

const lossOf = (text: string): string => dataLossOf(splitStatements(text)[0] as Statement);

describe('dataLossOf', () => {
  it.each([
    'drop table t',
    'drop schema s cascade',
    'drop type e',
    'drop sequence s',
    'drop extension x',
    'drop view v cascade',
    'truncate t',
    'delete from t',
    'update t set n = 1',
    'with gone as (delete from t returning *) select 1',
    'insert into t values (1) on conflict (n) do update set n = 2',
    'alter table t drop column c',
    'alter table t add a int, drop c',
    'alter table t drop if exists c',
    'alter table t alter column c type int using c::int',
    'alter table t alter c set data type int',
    'alter type e drop attribute a',
    'do $$ begin drop table t; end $$',
    "do 'begin delete from t; end'",
  ])('loses data: %s', (text) => {
    expect(lossOf(text)).toBe('loss');
  });

  it.each([
    'drop index i',
    'drop view v',
    'drop materialized view v cascade',
    'drop function f(int)',
    'drop trigger a on t',
    'create table t (n int)',
    'create function f() returns void language sql as $$ delete from t $$',
    'alter table t drop constraint c',
    'alter table t alter c drop default, alter d drop not null, alter e set not null',
    'alter table t add column type text',
    'alter table t rename c to d',
    'alter type e add value $$x$$',
    'comment on table t is $$drop table t$$',
    'grant select on t to r',
  ])('keeps data, or is only as bad as its CASCADE: %s', (text) => {
    expect(lossOf(text)).toBe(/cascade/.test(text) ? 'loss' : 'none');
  });

  it.each(['select do_something()', 'do $$ begin perform f(); end $$', 'call p()', 'alter database d set x = 1'])(
    'is not known: %s',
    (text) => {
      expect(lossOf(text)).toBe('unknown');
    },
  );
});
