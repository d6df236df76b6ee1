import { isOpsError, OpsError } from '#kernel/errors';
import type { Moment } from '#kernel/time';
import { type System, systemSchema } from './identity.ts';
import { parseSystemKey, systemKey } from './layout.ts';
import type { Repository } from './open.ts';
import { formatJson, parseJson } from './parse-json.ts';

export interface Claim {
  systemId: string;
  host: string | null;
  dataDirectory: string | null;
  postgresMajor: number | null;
  now: Moment;
  runId: string;
}

/** undefined when the system was never admitted. @throws REPOSITORY_INVALID, REPOSITORY_FORMAT_UNKNOWN, OBJECT_* */
export async function readSystem(
  repository: Pick<Repository, 'store'>,
  systemId: string,
  signal: AbortSignal,
): Promise<System | undefined> {
  const key = systemKey(systemId);
  const name = `${repository.store.location}/${key}`;
  try {
    const { body } = await repository.store.getBuffer(key, { maxBytes: 64 * 1024, signal });
    const system = parseJson(body, { schema: systemSchema, name, invalid: 'REPOSITORY_INVALID' });
    if (system.systemId === systemId) return system;
    throw new OpsError('REPOSITORY_INVALID', { message: `${name} describes the system ${system.systemId}` });
  } catch (error) {
    if (isOpsError(error, 'OBJECT_NOT_FOUND')) return undefined;
    throw error;
  }
}

/** The systems that were admitted, oldest first. */
export async function listSystems(repository: Pick<Repository, 'store'>, signal: AbortSignal): Promise<System[]> {
  const systems: System[] = [];
  for await (const { key } of repository.store.list('systems/', { signal })) {
    const systemId = parseSystemKey(key);
    const system = systemId === undefined ? undefined : await readSystem(repository, systemId, signal);
    if (system) systems.push(system);
  }
  return systems.sort((a, b) => a.epoch - b.epoch || (a.claimedAt < b.claimedAt ? -1 : 1));
}

/**
 * What a push or a backup does before it stores anything: the first system that comes becomes the owner; later ones have to be admitted.
 * @throws REPOSITORY_SYSTEM_FOREIGN
 */
export async function claimSystem(repository: Repository, claim: Claim, signal: AbortSignal): Promise<'owned' | 'claimed'> {
  if (await readSystem(repository, claim.systemId, signal)) return 'owned';
  const others = await listSystems(repository, signal);
  if (others.length > 0) throw foreign(repository, claim.systemId, others);
  await createSystem(repository, claim, 1, signal);
  // Two first systems at one moment: whoever sees the other steps back. Both may, and then the next try of either succeeds.
  const rivals = (await listSystems(repository, signal)).filter((system) => system.systemId !== claim.systemId);
  if (rivals.length > 0) {
    await repository.store.deleteBatch([systemKey(claim.systemId)], { signal });
    throw foreign(repository, claim.systemId, rivals);
  }
  return 'claimed';
}

/** What `repository init --system` does: admits a system beside those that are there, as the next epoch. */
export async function admitSystem(repository: Repository, claim: Claim, signal: AbortSignal): Promise<'owned' | 'claimed'> {
  if (await readSystem(repository, claim.systemId, signal)) return 'owned';
  const others = await listSystems(repository, signal);
  await createSystem(repository, claim, 1 + Math.max(0, ...others.map((system) => system.epoch)), signal);
  return 'claimed';
}

async function createSystem(repository: Repository, claim: Claim, epoch: number, signal: AbortSignal): Promise<void> {
  const system: System = {
    format: 1,
    systemId: claim.systemId,
    claimedAt: claim.now,
    runId: claim.runId,
    host: claim.host,
    dataDirectory: claim.dataDirectory,
    postgresMajor: claim.postgresMajor,
    epoch,
  };
  await repository.store.putIfAbsent(systemKey(claim.systemId), formatJson(system), { runId: claim.runId, signal });
}

function foreign(repository: Repository, systemId: string, owners: readonly System[]): OpsError {
  const owner = owners.at(-1) as System;
  const from = [owner.host, owner.dataDirectory].filter((it) => it !== null).join(':');
  return new OpsError('REPOSITORY_SYSTEM_FOREIGN', {
    message: `The repository ${repository.name} belongs to the system ${owner.systemId}, not to ${systemId}`,
    detail: `${owner.systemId} was admitted on ${owner.claimedAt}${from === '' ? '' : `, from ${from}`}`,
    nextSteps: [
      'Check that this server uses the right configuration',
      `If it is the successor, admit it: \`copilot-db repository init --repository ${repository.name} --system ${systemId}\``,
    ],
    details: { repository: repository.name, systemId, owners: owners.map((system) => system.systemId) },
  });
}
