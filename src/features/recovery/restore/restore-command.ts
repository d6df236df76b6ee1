/**
 * What PostgreSQL runs for every file it wants: absolute paths, because its working directory is the data directory and its
 * environment is whoever started it. A `%` of a path is doubled: PostgreSQL replaces %f and %p in the whole line.
 */
export function restoreCommand({ wrapper, configPath, systemId }: { wrapper: string; configPath: string; systemId: string }): string {
  return `${word(wrapper)} fetch --config ${word(configPath)} --mode recovery --system ${systemId} "%f" "%p"`;
}

/** One word of sh. */
function word(path: string): string {
  const escaped = path.replaceAll('%', '%%');
  return /^[A-Za-z0-9_@+=:,./-]+$/.test(path) ? escaped : `'${escaped.replaceAll("'", `'\\''`)}'`;
}
