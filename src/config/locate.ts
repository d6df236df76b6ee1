import { access } from 'node:fs/promises';
import { resolve } from 'node:path';
import { OpsError } from '#kernel/errors';

const systemPath = '/etc/copilot-db/copilot-db.yaml';

export interface ConfigPlace {
  path: string;
  /** How it was found, for `config show`. */
  by: '--config' | 'COPILOT_DB_CONFIG' | 'current directory' | 'system';
}

/** Finds the file without reading it; undefined when there is none and nobody named one. */
export async function locateConfig(options: {
  flag?: string | undefined;
  env: Readonly<Record<string, string | undefined>>;
  cwd: string;
}): Promise<ConfigPlace | undefined> {
  const named = options.flag ?? options.env.COPILOT_DB_CONFIG;
  if (named !== undefined && named !== '') {
    const path = resolve(options.cwd, named);
    if (!(await isThere(path))) throw new OpsError('CONFIG_NOT_FOUND', { message: `There is no configuration file ${path}` });
    return { path, by: options.flag === undefined ? 'COPILOT_DB_CONFIG' : '--config' };
  }
  const local = resolve(options.cwd, 'copilot-db.yaml');
  if (await isThere(local)) return { path: local, by: 'current directory' };
  if (await isThere(systemPath)) return { path: systemPath, by: 'system' };
  return undefined;
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT' && error.code !== 'ENOTDIR',
  );
}
