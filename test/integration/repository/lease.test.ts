import { setTimeout as sleep } from 'node:timers/promises';
import { beforeEach, expect, test } from 'vitest';
import { type Lease, type LeaseClaim, takeLease } from '#repository/lease';
import type { ObjectStore } from '#stores/objects/object-store';
import { openObjectStore } from '#stores/objects/open';
import { tempDir } from '#support/temp-dir';

const times = { beatIntervalMs: 40, staleAfterMs: 400 };
const { signal } = new AbortController();
const claim = (runId: string): LeaseClaim => ({ runId, host: 'here', purpose: 'a test', since: '2026-11-23T00:00:00.000000Z' });

let store: ObjectStore;

const take = (runId: string, watch = true) => takeLease(store, 'backup', claim(runId), { signal, watch, times });

function held(outcome: Lease | { heldBy: LeaseClaim }): Lease {
  if ('heldBy' in outcome) throw new Error(`held by ${outcome.heldBy.runId}`);
  return outcome;
}

beforeEach(async () => {
  store = await openObjectStore({ kind: 'directory', directory: await tempDir() });
});

test('a living holder keeps its lease, however long the other watches', async () => {
  const lease = held(await take('a'));
  expect(await take('b')).toMatchObject({ heldBy: { runId: 'a' } });
  await lease.assertHeld();
  await lease.release();
  expect(held(await take('b')).generation).toBe(2);
});

test('of many at once exactly one gets it', async () => {
  const outcomes = await Promise.all(Array.from({ length: 10 }, (_, index) => take(`run-${index}`, false)));
  const winners = outcomes.filter((outcome) => !('heldBy' in outcome));
  expect(winners).toHaveLength(1);
  await held(winners[0] as Lease).release();
});

test('a silent holder is overtaken, finds out before it publishes, and leaves the next generation alone', async () => {
  // A holder that is stopped (SIGSTOP, a frozen virtual machine) makes no beats; here its store refuses them.
  const silent: ObjectStore = {
    ...store,
    overwrite: async (key, body, options) => (isFrozen ? undefined : store.overwrite(key, body, options)),
  };
  let isFrozen = false;
  const lease = held(await takeLease(silent, 'backup', claim('a'), { signal, watch: true, times }));
  isFrozen = true;
  await sleep(50);
  expect(await take('b', false)).toMatchObject({ heldBy: { runId: 'a' } });
  const next = held(await take('b'));
  expect(next.generation).toBe(2);
  await expect(lease.assertHeld()).rejects.toMatchObject({ code: 'LEASE_LOST' });
  isFrozen = false;
  await lease.release();
  await next.assertHeld();
  await next.release();
});
