import { explainMissing } from '#features/recovery/base/archiver-state';
import { awaitSegments } from '#features/recovery/base/await-segments';
import { formatDuration } from '#kernel/units';
import type { Check, Finding } from '../check.ts';
import type { Subject } from '../subject.ts';
import { closeMarkedSegment } from './marked-segment.ts';
import { requireServer } from './require-server.ts';

/** The only proof that archiving works: a marker goes into the WAL, and its very segment has to appear in the repository. */
export function roundTripCheck({ name, open }: Subject['repositories'][number]): Check {
  return { id: `wal.round-trip.${name}`, area: 'wal', look: (subject) => look(subject, open) };
}

async function look(subject: Subject, open: Subject['repositories'][number]['open']): Promise<Finding> {
  const { facts } = await requireServer(subject);
  if (facts.inRecovery) return { status: 'unknown', evidence: 'the server is in recovery; ask on the primary' };
  const impact = 'commits after the newest archived segment cannot be brought back';
  if (facts.archiveMode === 'off') return { status: 'failed', evidence: 'the server does not archive', impact };
  const repository = await open();
  const startedMs = performance.now();
  const { client, segment } = await closeMarkedSegment(subject);
  const { systemId } = facts;
  const missing = await awaitSegments(repository, [segment], { systemId, deadlineMs: subject.walWaitMs, signal: subject.signal });
  if (missing.length === 0) {
    return { status: 'ok', evidence: `segment ${segment} was in the repository after ${Math.round(performance.now() - startedMs)} ms` };
  }
  const { detail } = await explainMissing(client, segment);
  return {
    status: 'failed',
    evidence: `segment ${segment} is not in ${repository.store.location} after ${formatDuration(subject.walWaitMs)}. ${detail}`,
    impact,
    fix: "mend what `doctor wal` says about archive_command, then read the server's log: lines of copilot-db-wal name the cause",
  };
}
