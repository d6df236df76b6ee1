import type { Check } from '../check.ts';
import { requireServer } from './require-server.ts';

/** What is not archived is lost with the server; a quiet server fills no segment by itself. */
export const archiveTimeoutCheck: Check = {
  id: 'wal.archive-timeout',
  area: 'wal',
  async look(subject) {
    const { archiveTimeoutSeconds } = await requireServer(subject);
    const evidence = `archive_timeout is ${archiveTimeoutSeconds} s; the recovery point objective is ${subject.rpoMinutes} min`;
    const fix = `psql -c "ALTER SYSTEM SET archive_timeout = '60s'" -c 'SELECT pg_reload_conf()'`;
    if (archiveTimeoutSeconds === 0) {
      return { status: 'warning', evidence, impact: 'a commit waits in the last segment until it is full, however long that takes', fix };
    }
    if (archiveTimeoutSeconds > subject.rpoMinutes * 60) {
      return { status: 'warning', evidence, impact: 'a lost server loses more than the objective allows', fix };
    }
    return { status: 'ok', evidence };
  },
};
