import type { Check } from '../check.ts';
import { requireServer } from './require-server.ts';

export const walLevelCheck: Check = {
  id: 'postgres.wal-level',
  area: 'postgres',
  async look(subject) {
    const { walLevel } = await requireServer(subject);
    if (walLevel !== 'minimal') return { status: 'ok', evidence: `wal_level is ${walLevel}` };
    return {
      status: 'failed',
      evidence: 'wal_level is minimal',
      impact: 'the WAL lacks what recovery needs, so there can be no archive and no base backup',
      fix: `psql -c "ALTER SYSTEM SET wal_level = 'replica'" and restart the server`,
    };
  },
};
