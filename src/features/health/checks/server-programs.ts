import { isOpsError } from '#kernel/errors';
import { findPostgresPrograms } from '#platform/postgres-programs';
import type { Check } from '../check.ts';
import { fixOf } from '../run-checks.ts';
import { requireServer } from './require-server.ts';

/** Not needed for backups and recovery, but what they would tell is unknown without them. */
const useful = [
  { name: 'pg_waldump', without: 'the end of a window is given as "at least"' },
  { name: 'pg_verifybackup', without: 'a restored backup is checked against our own checksums only' },
  { name: 'pg_amcheck', without: 'indexes of a restored server are not checked' },
] as const;

/** Programs of another major version cannot read the server's files, so only those of its own count. */
export const serverProgramsCheck: Check = {
  id: 'programs.postgres',
  area: 'programs',
  async look(subject) {
    const { facts } = await requireServer(subject);
    try {
      const { env, signal, postgres } = subject;
      const programs = await findPostgresPrograms({ binDir: postgres?.binDir, major: facts.major, env, signal });
      const missing = useful.filter(({ name }) => programs.path(name) === undefined);
      const evidence = `PostgreSQL ${programs.version} in ${programs.binDir}`;
      if (missing.length === 0) return { status: 'ok', evidence };
      return {
        status: 'ok',
        evidence: `${evidence}, without ${missing.map(({ name }) => name).join(', ')}`,
        impact: missing.map(({ without }) => without).join('; '),
        fix: `apt-get install postgresql-${facts.major}`,
      };
    } catch (error) {
      if (!isOpsError(error, 'SERVER_PROGRAMS_MISSING')) throw error;
      return {
        status: 'warning',
        evidence: `no server programs of PostgreSQL ${facts.major} on this host`,
        impact: 'a restored data directory cannot be started or checked here',
        ...fixOf(error.nextSteps),
      };
    }
  },
};
