import type { RepositoryDoor } from '#features/recovery/wal/repository-door';
import { OpsError } from '#kernel/errors';
import { isSystemId } from '#repository/layout';
import type { CommandContext } from '../command.ts';

/** All repositories of the configuration; the seed's one place is called main. */
export function doorsOf({ config, repository }: CommandContext): RepositoryDoor[] {
  const names = config.backup?.repositories?.map(({ name }) => name) ?? ['main'];
  return names.map((name) => ({ name, open: () => repository(name) }));
}

/** @throws USAGE_INVALID */
export function checkSystem(system: string | undefined): string | undefined {
  if (system === undefined || isSystemId(system)) return system;
  throw new OpsError('USAGE_INVALID', {
    message: `--system ${system} is no system identifier`,
    nextSteps: ['`copilot-db repository show` lists the systems of a repository'],
  });
}
