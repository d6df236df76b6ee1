import { isOpsError } from '#kernel/errors';
import type { CommandContext } from '../command.ts';

/** What the running server says of itself. A type alias, because facts of a plan are JSON. */
export type ServerSystem = { systemId: string; postgresMajor: number; dataDirectory: string | null; host: string };

const query = `
  select system_identifier::text as "systemId",
         case when pg_has_role(current_user, 'pg_read_all_settings', 'usage') then current_setting('data_directory') end as "dataDirectory"
    from pg_control_system()`;

/** undefined, with the reason, when there is no PostgreSQL in the configuration or it cannot be asked; a repository can be made without. */
export async function readServerSystem(ctx: CommandContext): Promise<{ server?: ServerSystem; reason?: string }> {
  const primary = ctx.config.postgres?.primary;
  if (primary === undefined) return { reason: 'the configuration has no `postgres`' };
  try {
    const client = await ctx.postgres();
    const row = (await client.query<{ systemId: string; dataDirectory: string | null }>(query)).rows[0];
    if (row === undefined) return { reason: 'the server did not tell its system identifier' };
    return { server: { ...row, postgresMajor: Math.floor(client.serverVersion / 10_000), host: primary.host } };
  } catch (error) {
    ctx.signal.throwIfAborted();
    if (isOpsError(error) && error.code.startsWith('POSTGRES_')) return { reason: error.message };
    throw error;
  }
}
