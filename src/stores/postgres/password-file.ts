import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { Secret } from '#kernel/secret';

interface Login {
  host: string;
  port: number;
  database: string;
  username: string;
}

/**
 * The password that libpq would find in PGPASSFILE or ~/.pgpass: first matching line of host:port:database:user:password.
 * A socket directory matches by its path or as `localhost`. A file that others can read is ignored, as libpq does.
 */
export async function findFilePassword(login: Login, env: Readonly<Record<string, string | undefined>>): Promise<Secret | undefined> {
  const path = env.PGPASSFILE ?? (env.HOME === undefined ? undefined : join(env.HOME, '.pgpass'));
  if (path === undefined) return undefined;
  try {
    const { mode } = await stat(path);
    if ((mode & 0o077) !== 0) return undefined;
    return matchPassword(await readFile(path, 'utf8'), login);
  } catch {
    return undefined;
  }
}

/** Exported for its test. */
export function matchPassword(text: string, login: Login): Secret | undefined {
  const hosts = login.host.startsWith('/') ? [login.host, 'localhost'] : [login.host];
  const wanted = [hosts, [String(login.port)], [login.database], [login.username]];
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith('#')) continue;
    // A colon or backslash inside a field is written with a backslash before it.
    const fields = [...line.matchAll(/((?:\\.|[^:\\])*)(?::|$)/g)].map(([, field]) => (field ?? '').replace(/\\(.)/g, '$1'));
    const matches = wanted.every((values, index) => fields[index] === '*' || values.includes(fields[index] ?? ''));
    if (matches && fields[4] !== undefined && fields[4] !== '') return new Secret(fields[4]);
  }
  return undefined;
}
