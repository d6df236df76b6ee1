import { accessSync, constants, statSync } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join, resolve } from 'node:path';
import { OpsError } from '#kernel/errors';

export interface WhereToLook {
  env: Readonly<Record<string, string | undefined>>;
  /** Searched before PATH. */
  dirs?: readonly string[];
}

/** The absolute path of an executable file, from `dirs` and then PATH; undefined when there is none. */
export async function findBinary(name: string, where: WhereToLook): Promise<string | undefined> {
  for (const path of candidates(name, where)) {
    if (await isExecutable(path)) return path;
  }
  return undefined;
}

/** As findBinary, for the moment just before a process is started. @throws BINARY_MISSING */
export function requireBinary(name: string, env: WhereToLook['env']): string {
  const path = candidates(name, { env }).find(isExecutableSync);
  if (path !== undefined) return path;
  throw new OpsError('BINARY_MISSING', {
    message: `The program ${name} is not here`,
    ...(name.includes('/') ? {} : { detail: `Searched PATH: ${env.PATH ?? '(empty)'}` }),
    details: { program: name },
  });
}

function candidates(name: string, { env, dirs = [] }: WhereToLook): readonly string[] {
  if (isAbsolute(name)) return [name];
  if (name.includes('/')) return [resolve(name)];
  const path = (env.PATH ?? '').split(delimiter).filter((dir) => isAbsolute(dir));
  return [...dirs, ...path].map((dir) => join(dir, name));
}

async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

function isExecutableSync(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
