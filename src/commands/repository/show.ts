import { z } from 'zod';
import type { ExitName } from '#kernel/exit-codes';
import { formatBytes } from '#kernel/units';
import { listBases } from '#repository/catalogue';
import { identitySchema, systemSchema } from '#repository/identity';
import { objectsOf } from '#repository/manifest';
import type { Repository } from '#repository/open';
import { listSystems } from '#repository/systems';
import { listTimelines, listWalFiles } from '#repository/wal-objects';
import { lines, type View } from '#ui/view';
import type { CommandContext } from '../command.ts';

const walSchema = z.object({
  systemId: z.string(),
  timeline: z.number().int(),
  files: z.number().int(),
  storedBytes: z.number().int(),
  first: z.string(),
  last: z.string(),
});

export const result = z.object({
  name: z.string(),
  location: z.string(),
  identity: identitySchema,
  systems: z.array(systemSchema),
  base: z.object({ count: z.number().int(), storedBytes: z.number().int(), newest: z.string().nullable() }),
  /** Backups whose manifest cannot be read. */
  unreadable: z.array(z.object({ label: z.string(), code: z.string(), message: z.string() })),
  /** One entry a timeline that has WAL; segments and history files. */
  wal: z.array(walSchema),
});

type Shown = z.infer<typeof result>;

export async function run(ctx: CommandContext<{ repository?: string }>): Promise<Shown> {
  const repository = await ctx.repository(ctx.input.repository);
  const systems = await listSystems(repository, ctx.signal);
  const bases = await listBases(repository, ctx.signal);
  const manifests = bases.flatMap((base) => ('manifest' in base ? [base.manifest] : []));
  const wal: Shown['wal'] = [];
  for (const { systemId } of systems) {
    for (const timeline of await listTimelines(repository, systemId, ctx.signal))
      wal.push(await measureWal(repository, systemId, timeline, ctx.signal));
  }
  return {
    name: repository.name,
    location: repository.store.location,
    identity: repository.identity,
    systems,
    base: {
      count: manifests.length,
      storedBytes: manifests.flatMap(objectsOf).reduce((sum, object) => sum + object.storedBytes, 0),
      newest: manifests[0]?.label ?? null,
    },
    unreadable: bases.flatMap((base) =>
      'problem' in base ? [{ label: base.label, code: base.problem.code, message: base.problem.message }] : [],
    ),
    wal,
  };
}

export function exit({ unreadable }: Shown): ExitName {
  return unreadable.length > 0 ? 'findings' : 'ok';
}

export function view({ location, identity, systems, base, unreadable, wal }: Shown): View {
  return lines(
    `The repository of ${identity.cluster}, in ${location}`,
    `  made      ${identity.createdAt}, format ${identity.format}, ${identity.codec}, encryption ${identity.capabilities.serverSideEncryption ?? 'none'}`,
    ...(systems.length === 0 ? ['  system    none has stored anything yet'] : []),
    ...systems.map(({ systemId, epoch, host, postgresMajor, claimedAt }) => {
      const from = [postgresMajor === null ? undefined : `PostgreSQL ${postgresMajor}`, host === null ? undefined : `on ${host}`];
      return `  system    ${systemId}, ${[...from, `epoch ${epoch}`, `since ${claimedAt}`].filter((it) => it !== undefined).join(', ')}`;
    }),
    base.newest === null
      ? '  base      none; take one with `copilot-db backup create`'
      : `  base      ${base.count}, ${formatBytes(base.storedBytes)}, the newest is ${base.newest}`,
    ...unreadable.map(({ label, code, message }) => `  base      ${label} cannot be read: ${message} (${code})`),
    ...(wal.length === 0 ? ['  WAL       none'] : []),
    ...wal.map(
      ({ timeline, files, storedBytes, first, last }) =>
        `  WAL       timeline ${timeline}: ${files} files, ${formatBytes(storedBytes)}, ${first} to ${last}`,
    ),
  );
}

async function measureWal(repository: Repository, systemId: string, timeline: number, signal: AbortSignal): Promise<Shown['wal'][number]> {
  const sum = { systemId, timeline, files: 0, storedBytes: 0, first: '', last: '' };
  for await (const { file, storedBytes } of listWalFiles(repository, { systemId, timeline }, signal)) {
    if (sum.files === 0) sum.first = file.name;
    sum.files += 1;
    sum.storedBytes += storedBytes;
    sum.last = file.name;
  }
  return sum;
}
