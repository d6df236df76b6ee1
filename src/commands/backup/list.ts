import { z } from 'zod';
import type { ExitName } from '#kernel/exit-codes';
import { formatBytes, formatDuration } from '#kernel/units';
import { listBases } from '#repository/catalogue';
import { table, type View } from '#ui/view';
import type { CommandContext } from '../command.ts';
import { backupSummary, summarise } from './summary.ts';

export const result = z.object({
  location: z.string(),
  backups: z.array(backupSummary),
  /** Backups whose manifest cannot be read; they cannot be restored by this program. */
  unreadable: z.array(z.object({ label: z.string(), code: z.string(), message: z.string() })),
});

type Listed = z.infer<typeof result>;

export async function run(ctx: CommandContext<{ repository?: string }>): Promise<Listed> {
  const repository = await ctx.repository(ctx.input.repository);
  const listed: Listed = { location: repository.store.location, backups: [], unreadable: [] };
  for (const entry of await listBases(repository, ctx.signal)) {
    if ('manifest' in entry) listed.backups.push(summarise(entry.manifest));
    else listed.unreadable.push({ label: entry.label, code: entry.problem.code, message: entry.problem.message });
  }
  return listed;
}

export function exit({ unreadable }: Listed): ExitName {
  return unreadable.length > 0 ? 'findings' : 'ok';
}

export function view({ location, backups, unreadable }: Listed): View {
  return table(
    backups,
    [
      { title: 'label', value: (row) => row.label },
      { title: 'type', value: (row) => row.type },
      { title: 'restorable after', value: (row) => row.stopTime },
      { title: 'postgres', value: (row) => row.postgresMajor, align: 'right' },
      { title: 'timeline', value: (row) => row.timeline, align: 'right' },
      { title: 'size', value: (row) => formatBytes(row.rawBytes), align: 'right' },
      { title: 'stored', value: (row) => formatBytes(row.storedBytes), align: 'right' },
      { title: 'took', value: (row) => formatDuration(row.durationMs), align: 'right' },
    ],
    {
      empty: `no backup in ${location} yet; take one with \`copilot-db backup create\``,
      after: unreadable.map(({ label, code, message }) => `${label} cannot be read: ${message} (${code})`),
    },
  );
}
