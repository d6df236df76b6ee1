import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { OpsError } from '#kernel/errors';
import type { PostgresClient } from './connect.ts';

const pollMs = 200;

/** Who has a lock, as far as pg_stat_activity tells. */
export interface LockHolder {
  processId: number;
  applicationName: string;
  username: string | null;
  clientAddress: string | null;
  /** RFC 3339 UTC. */
  connectedSince: string | null;
}

/** A name's own 64-bit key, the same in every version of this program: the first eight bytes of a sha256. */
export function lockKey(name: string): bigint {
  return createHash('sha256').update(`copilot-db:${name}`).digest().readBigInt64BE(0);
}

/**
 * Takes the session's advisory lock `name`. It is polled: a session that waits inside pg_advisory_lock holds a snapshot, which
 * stalls CREATE INDEX CONCURRENTLY of the very run it waits for. Ends with the session or with `release`.
 * @param waitMs 0 = try once
 * @throws LOCK_HELD naming the holder
 */
export async function takeAdvisoryLock(
  client: PostgresClient,
  name: string,
  { waitMs, signal }: { waitMs: number; signal: AbortSignal },
): Promise<{ release(): Promise<void> }> {
  const key = lockKey(name).toString();
  const deadlineMs = performance.now() + waitMs;
  for (;;) {
    const { rows } = await client.query<{ taken: boolean }>('select pg_try_advisory_lock($1::bigint) as taken', [key]);
    if (rows[0]?.taken) break;
    if (performance.now() >= deadlineMs) throw lockHeld(name, await findLockHolder(client, name));
    await sleep(Math.min(pollMs, Math.max(1, deadlineMs - performance.now())), undefined, { signal });
  }
  return {
    async release() {
      await client.query('select pg_advisory_unlock($1::bigint)', [key]);
    },
  };
}

/** undefined when nobody holds it, or the holder let go meanwhile. */
export async function findLockHolder(client: PostgresClient, name: string): Promise<LockHolder | undefined> {
  const { rows } = await client.query<LockHolder>(holderSql, [lockKey(name).toString()]);
  return rows[0];
}

// A bigint key is split into classid (high) and objid (low), and objsubid 1 marks the one-key form.
const holderSql = `
select l.pid as "processId", coalesce(a.application_name, '') as "applicationName", a.usename::text as username,
       host(a.client_addr) as "clientAddress",
       to_char(a.backend_start at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as "connectedSince"
  from pg_locks l left join pg_stat_activity a using (pid)
 where l.locktype = 'advisory' and l.granted and l.objsubid = 1
   and ((l.classid::bigint << 32) | l.objid::bigint) = $1::bigint
   and l.database = (select oid from pg_database where datname = current_database())
 limit 1`;

function lockHeld(name: string, holder: LockHolder | undefined): OpsError {
  const who =
    holder === undefined
      ? 'a session that has just let go'
      : `${holder.applicationName || 'a session'} (PostgreSQL pid ${holder.processId})`;
  return new OpsError('LOCK_HELD', {
    message: `The lock "${name}" is held by ${who}`,
    details: { lock: `postgres:${name}`, holder: holder === undefined ? undefined : { ...holder } },
  });
}
