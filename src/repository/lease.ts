import { setTimeout as sleep } from 'node:timers/promises';
import { OpsError } from '#kernel/errors';
import type { ObjectStore } from '#stores/objects/object-store';

const beatIntervalMs = 10_000;
/** A beat that does not change for so long, watched by the taker's own clock, is that of a dead holder. */
const staleAfterMs = 60_000;

export interface LeaseClaim {
  runId: string;
  host: string;
  purpose: string;
  since: string;
}

interface Beat {
  runId: string;
  count: number;
  released: boolean;
}

export interface Lease {
  generation: number;
  /** @throws LEASE_LOST when somebody has taken the next generation; called right before something is published */
  assertHeld(): Promise<void>;
  release(): Promise<void>;
}

export interface LeaseTimes {
  beatIntervalMs: number;
  staleAfterMs: number;
}

/**
 * A lease across hosts from put-if-absent alone: `leases/<name>/<generation>.json` created = taken; the holder rewrites
 * `<generation>.beat`. No clocks are compared: a taker watches the beat itself. The next generation fences the last one off.
 * @returns the lease, or the claim of the run that has it
 */
export async function takeLease(
  store: ObjectStore,
  name: string,
  claim: LeaseClaim,
  options: { signal: AbortSignal; watch: boolean; times?: LeaseTimes },
): Promise<Lease | { heldBy: LeaseClaim }> {
  const times = options.times ?? { beatIntervalMs, staleAfterMs };
  const { signal } = options;
  const newest = await newestGeneration(store, name, signal);
  if (newest > 0 && !(await isOver(store, name, newest, times, options))) return { heldBy: await readClaim(store, name, newest, signal) };
  const generation = newest + 1;
  const outcome = await store.putIfAbsent(claimKey(name, generation), Buffer.from(JSON.stringify(claim)), { runId: claim.runId, signal });
  if (outcome === 'exists') return { heldBy: await readClaim(store, name, generation, signal) };
  return holdLease(store, name, generation, claim.runId, times);
}

async function holdLease(store: ObjectStore, name: string, generation: number, runId: string, times: LeaseTimes): Promise<Lease> {
  const beat = (count: number, released: boolean, signal: AbortSignal) =>
    store.overwrite(beatKey(name, generation), Buffer.from(JSON.stringify({ runId, count, released } satisfies Beat)), { signal });
  let count = 0;
  await beat(count, false, AbortSignal.timeout(times.staleAfterMs));
  // A missed beat is made up by the next one; when all are missed, assertHeld finds the next generation.
  const timer = setInterval(() => {
    beat(++count, false, AbortSignal.timeout(times.beatIntervalMs)).catch(() => {});
  }, times.beatIntervalMs);
  timer.unref();
  return {
    generation,
    async assertHeld() {
      const newest = await newestGeneration(store, name, AbortSignal.timeout(times.staleAfterMs));
      if (newest === generation) return;
      throw new OpsError('LEASE_LOST', {
        message: `Another run took the lease \`${name}\` (generation ${newest}) while this one was silent`,
      });
    },
    async release() {
      clearInterval(timer);
      await beat(++count, true, AbortSignal.timeout(times.staleAfterMs));
    },
  };
}

/** Released, or its beat stood still for the whole watch. Without a watch only a release counts. */
async function isOver(
  store: ObjectStore,
  name: string,
  generation: number,
  times: LeaseTimes,
  options: { signal: AbortSignal; watch: boolean },
): Promise<boolean> {
  const first = await readBeat(store, name, generation, options.signal);
  if (first?.released) return true;
  if (!options.watch) return false;
  const until = performance.now() + times.staleAfterMs;
  while (performance.now() < until) {
    await sleep(Math.min(times.beatIntervalMs / 2, times.staleAfterMs), undefined, { signal: options.signal });
    const now = await readBeat(store, name, generation, options.signal);
    if (now?.released) return true;
    if (now?.count !== first?.count) return false;
  }
  return true;
}

async function newestGeneration(store: ObjectStore, name: string, signal: AbortSignal): Promise<number> {
  let newest = 0;
  for await (const { key } of store.list(`leases/${name}/`, { signal })) {
    const match = /\/(\d{10})\.json$/.exec(key);
    if (match) newest = Math.max(newest, Number(match[1]));
  }
  return newest;
}

async function readClaim(store: ObjectStore, name: string, generation: number, signal: AbortSignal): Promise<LeaseClaim> {
  const { body } = await store.getBuffer(claimKey(name, generation), { signal });
  return JSON.parse(body.toString('utf8')) as LeaseClaim;
}

async function readBeat(store: ObjectStore, name: string, generation: number, signal: AbortSignal): Promise<Beat | undefined> {
  if ((await store.head(beatKey(name, generation), { signal })) === undefined) return undefined;
  const { body } = await store.getBuffer(beatKey(name, generation), { signal });
  return JSON.parse(body.toString('utf8')) as Beat;
}

function claimKey(name: string, generation: number): string {
  return `leases/${name}/${String(generation).padStart(10, '0')}.json`;
}

function beatKey(name: string, generation: number): string {
  return `leases/${name}/${String(generation).padStart(10, '0')}.beat`;
}
