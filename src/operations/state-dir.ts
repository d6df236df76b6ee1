import { isAbsolute, join } from 'node:path';

type Env = Readonly<Record<string, string | undefined>>;

/** Where journals, audit lines and report files live on this host. Works without HOME: root has its own place. */
export function stateDir(env: Env, isRoot: boolean): string {
  const named = env.COPILOT_DB_STATE_DIR;
  if (named !== undefined && isAbsolute(named)) return named;
  if (env.XDG_STATE_HOME !== undefined && isAbsolute(env.XDG_STATE_HOME)) return join(env.XDG_STATE_HOME, 'copilot-db');
  if (isRoot || env.HOME === undefined || !isAbsolute(env.HOME)) return '/var/lib/copilot-db';
  return join(env.HOME, '.local', 'state', 'copilot-db');
}
