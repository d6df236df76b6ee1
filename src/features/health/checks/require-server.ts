import { OpsError } from '#kernel/errors';
import type { ServerState, Subject } from '../subject.ts';

/** The table lists checks of the server only where there is one. */
export async function requireServer({ postgres }: Subject): Promise<ServerState> {
  if (postgres) return postgres.server();
  throw new OpsError('CONFIG_SECTION_MISSING', { message: 'The configuration has no section `postgres.primary`' });
}
