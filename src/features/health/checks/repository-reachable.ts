import { isOpsError } from '#kernel/errors';
import type { Check } from '../check.ts';
import { fixOf } from '../run-checks.ts';
import type { Subject } from '../subject.ts';

export function repositoryReachableCheck({ name, open }: Subject['repositories'][number]): Check {
  return {
    id: `repository.${name}`,
    area: 'repository',
    async look() {
      try {
        const { store, identity, codec } = await open();
        return { status: 'ok', evidence: `${store.location}, made ${identity.createdAt}, ${codec}` };
      } catch (error) {
        if (!isOpsError(error)) throw error;
        return {
          status: 'failed',
          evidence: `${error.code}: ${error.message}`,
          impact: 'nothing can be archived, backed up or restored there',
          ...fixOf(error.nextSteps),
        };
      }
    },
  };
}
