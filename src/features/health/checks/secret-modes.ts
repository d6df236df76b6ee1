import { stat } from 'node:fs/promises';
import type { Check, Finding } from '../check.ts';

/** Group may read: the server's user often gets at the configuration by its group. Others never may, and nobody else writes. */
async function lookAtMode(path: string, holdsSecret: boolean): Promise<Finding> {
  const { mode } = await stat(path);
  const shown = `${path} has mode ${(mode & 0o7777).toString(8).padStart(4, '0')}`;
  if ((mode & 0o022) !== 0) {
    return { status: 'failed', evidence: shown, impact: 'others can change where backups go and what is run', fix: `chmod go-w ${path}` };
  }
  if (holdsSecret && (mode & 0o004) !== 0) {
    return { status: 'failed', evidence: shown, impact: 'everybody on this host can read a secret in it', fix: `chmod o-rwx ${path}` };
  }
  return { status: 'ok', evidence: shown };
}

export const configModeCheck: Check = {
  id: 'config.file',
  area: 'config',
  look: ({ configPath, configHoldsSecret }) => lookAtMode(configPath, configHoldsSecret),
};

export function secretModeCheck({ setting, path }: { setting: string; path: string }): Check {
  return { id: `config.${setting}`, area: 'config', look: () => lookAtMode(path, true) };
}
