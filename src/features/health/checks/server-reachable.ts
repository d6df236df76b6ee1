import { isOpsError } from '#kernel/errors';
import type { Check } from '../check.ts';
import { fixOf } from '../run-checks.ts';
import { requireServer } from './require-server.ts';

const supported = { first: 15, last: 18 };

export const serverReachableCheck: Check = {
  id: 'postgres.server',
  area: 'postgres',
  async look(subject) {
    try {
      const { facts } = await requireServer(subject);
      const evidence = `PostgreSQL ${facts.version}, ${facts.inRecovery ? 'in recovery' : 'primary'}, system ${facts.systemId}`;
      if (facts.major >= supported.first && facts.major <= supported.last) return { status: 'ok', evidence };
      return {
        status: 'warning',
        evidence,
        impact: `base backups, WAL and recovery are made for PostgreSQL ${supported.first} to ${supported.last}`,
      };
    } catch (error) {
      if (!isOpsError(error)) throw error;
      return {
        status: 'failed',
        evidence: `${error.code}: ${error.message}`,
        impact: 'nothing can be said about the server, and no backup can be taken',
        ...fixOf(error.nextSteps),
      };
    }
  },
};
