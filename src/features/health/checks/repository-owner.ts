import { listSystems } from '#repository/systems';
import type { Check } from '../check.ts';
import type { Subject } from '../subject.ts';
import { requireServer } from './require-server.ts';

export function repositoryOwnerCheck({ name, open }: Subject['repositories'][number]): Check {
  return {
    id: `repository.${name}.owner`,
    area: 'repository',
    async look(subject) {
      const { facts } = await requireServer(subject);
      const systems = await listSystems(await open(), subject.signal);
      const own = systems.find(({ systemId }) => systemId === facts.systemId);
      if (own) return { status: 'ok', evidence: `the system ${own.systemId} was admitted ${own.claimedAt}` };
      if (systems.length === 0)
        return { status: 'ok', evidence: 'no system yet', impact: 'the first server that archives or is backed up becomes the owner' };
      return {
        status: 'failed',
        evidence: `it belongs to ${systems.map(({ systemId }) => systemId).join(', ')}; this server is ${facts.systemId}`,
        impact: 'every segment and backup of this server is refused',
        fix: `if this server is the successor: copilot-db repository init --repository ${name} --system ${facts.systemId}`,
      };
    },
  };
}
