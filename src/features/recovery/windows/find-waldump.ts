import { isOpsError } from '#kernel/errors';
import { findPostgresPrograms } from '#platform/postgres-programs';

/** pg_waldump of exactly that major version: another one cannot read the WAL. undefined when it is not here. */
export async function findWaldump(search: {
  major: number;
  binDir?: string | undefined;
  env: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
}): Promise<string | undefined> {
  try {
    return (await findPostgresPrograms({ ...search, needs: ['pg_waldump'] })).path('pg_waldump');
  } catch (error) {
    if (isOpsError(error, 'SERVER_PROGRAMS_MISSING')) return undefined;
    throw error;
  }
}
