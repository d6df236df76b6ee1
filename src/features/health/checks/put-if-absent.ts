import { isOpsError } from '#kernel/errors';
import { probeFolder } from '#repository/layout';
import type { Check } from '../check.ts';
import type { Subject } from '../subject.ts';

/** A store may lose it with an upgrade or behind a new gateway. Tried on a key of its own, which is removed again. */
export function putIfAbsentCheck({ name, open }: Subject['repositories'][number]): Check {
  return {
    id: `repository.${name}.put-if-absent`,
    area: 'repository',
    async look({ runId, signal }) {
      const { store } = await open();
      const key = `${probeFolder}${runId}/doctor`;
      try {
        await store.putIfAbsent(key, Buffer.from('first'), { runId, signal });
        const second = await store.putIfAbsent(key, Buffer.from('second'), { runId: `${runId}-second`, signal });
        const { body } = await store.getBuffer(key, { signal });
        if (second === 'exists' && body.toString() === 'first') return { status: 'ok', evidence: 'a second put of one key was refused' };
        return {
          status: 'failed',
          evidence: 'a second put of one key replaced the first',
          impact: 'two servers or two backups could overwrite each other unseen',
          fix: 'move the repository to a store that honours If-None-Match; until then let only one host write to it',
        };
      } catch (error) {
        if (!isOpsError(error, 'OBJECT_ACCESS_DENIED')) throw error;
        return { status: 'unknown', evidence: `these credentials may not write: ${error.message}` };
      } finally {
        await store.deleteBatch([key], { signal }).catch(() => undefined);
      }
    },
  };
}
