import type { Cluster } from '#support/postgres';

const ours = `('schema_migrations', 'schema_rollbacks', 'schema_migration_events')`;
const notExtension = (column: string): string => `not exists (select from pg_depend e where e.objid = ${column} and e.deptype = 'e')`;

/** One line for each fact of schema public and of the extensions, without what the migration tool keeps for itself. */
const catalogueSql = `
set timezone = 'UTC';
with relation as (
  select c.* from pg_class c
   where relnamespace = 'public'::regnamespace and ${notExtension('c.oid')}
     and relname not in ${ours} and relname not like 'schema\\_%\\_pkey' and relname not like 'schema\\_%\\_seq'
     and relname <> 'idx_schema_migrations_applied_at'
)
select line from (
  select format('relation %s %s %s %s %s', relkind, relname, pg_get_expr(relpartbound, oid), relacl, reloptions) from relation
  union all
  select format('column %s.%s %s %s %s %s', relname, attname, attnum, format_type(atttypid, atttypmod), attnotnull, pg_get_expr(adbin, adrelid))
    from relation join pg_attribute on attrelid = relation.oid and attnum > 0 left join pg_attrdef on adrelid = attrelid and adnum = attnum
  union all
  select format('constraint %s %s %s', relname, conname, pg_get_constraintdef(con.oid)) from relation join pg_constraint con on conrelid = relation.oid
  union all
  select format('index %s valid=%s', pg_get_indexdef(indexrelid), indisvalid) from relation join pg_index on indrelid = relation.oid
  union all
  select format('view %s %s', relname, pg_get_viewdef(oid)) from relation where relkind = 'v'
  union all
  select format('trigger %s', pg_get_triggerdef(t.oid)) from relation join pg_trigger t on tgrelid = relation.oid where not tgisinternal
  union all
  select format('function %s', pg_get_functiondef(oid)) from pg_proc
   where pronamespace = 'public'::regnamespace and prokind = 'f' and ${notExtension('pg_proc.oid')}
  union all
  select format('enum %s %s', typname, string_agg(enumlabel, ',' order by enumsortorder)) from pg_type join pg_enum on enumtypid = pg_type.oid group by typname
  union all
  select format('comment %s %s', pg_describe_object(classoid, objoid, objsubid), description) from pg_description join relation on objoid = relation.oid
  union all
  select format('extension %s %s %s', extname, extversion, obj_description(oid, 'pg_extension')) from pg_extension
) as facts (line)
order by line collate "C"`;

export async function catalogueOf(cluster: Cluster, database: string): Promise<string[]> {
  const rows = await cluster.psql<{ line: string }>(catalogueSql, { database });
  return rows.map(({ line }) => line);
}
