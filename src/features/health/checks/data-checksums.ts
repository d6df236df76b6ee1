import type { Check } from '../check.ts';
import { requireServer } from './require-server.ts';

export const dataChecksumsCheck: Check = {
  id: 'postgres.data-checksums',
  area: 'postgres',
  async look(subject) {
    const { facts } = await requireServer(subject);
    if (facts.pageChecksums) return { status: 'ok', evidence: 'data_checksums is on' };
    return {
      status: 'warning',
      evidence: 'data_checksums is off',
      impact: 'a page that the disk damaged goes unnoticed into every backup',
      fix: `stop the server and run: pg_checksums --enable -D ${facts.dataDirectory ?? 'DATA_DIRECTORY'}`,
    };
  },
};
