import pg from 'pg';

/** Quotes one name for SQL: `we"ird` → `"we""ird"`. */
export function escapeIdentifier(name: string): string {
  return pg.escapeIdentifier(name);
}

/** Quotes a value where SQL takes no parameter, as in utility and replication commands. */
export function escapeLiteral(value: string): string {
  return pg.escapeLiteral(value);
}
