import { openReplication } from '#features/recovery/base/open-replication';
import { isOpsError } from '#kernel/errors';
import type { Check } from '../check.ts';
import { fixOf } from '../run-checks.ts';
import { requireServer } from './require-server.ts';

/** Opens a replication connection, as a base backup does: the role's attribute, pg_hba.conf and the free senders at once. */
export const replicationCheck: Check = {
  id: 'postgres.replication',
  area: 'postgres',
  async look(subject) {
    const { facts } = await requireServer(subject);
    const client = await subject.postgres?.client();
    try {
      const replication = client && (await openReplication(client, facts));
      await replication?.close();
      return { status: 'ok', evidence: `${facts.userName} may open a replication connection` };
    } catch (error) {
      if (!isOpsError(error)) throw error;
      return {
        status: 'failed',
        evidence: `${error.code}: ${error.message}`,
        impact: 'no base backup can be taken',
        ...fixOf(error.nextSteps),
      };
    }
  },
};
