import type { Check } from '../check.ts';
import { requireServer } from './require-server.ts';

export const archiveModeCheck: Check = {
  id: 'wal.archive-mode',
  area: 'wal',
  async look(subject) {
    const { facts } = await requireServer(subject);
    if (facts.archiveMode !== 'off') return { status: 'ok', evidence: `archive_mode is ${facts.archiveMode}` };
    return {
      status: 'failed',
      evidence: 'archive_mode is off',
      impact: 'nothing that is written after a backup can be brought back',
      fix: `psql -c "ALTER SYSTEM SET archive_mode = 'on'" and restart the server`,
    };
  },
};
