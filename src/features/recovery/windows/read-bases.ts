import type { Reporter } from '#kernel/events';
import { listBases } from '#repository/catalogue';
import type { BaseManifest } from '#repository/manifest';
import type { Repository } from '#repository/open';
import type { BaseFacts } from './base-facts.ts';

/** The base backups of a repository as recovery sees them. One that cannot be read is a warning, and is never chosen. */
export async function readBases(
  repository: Repository,
  { reporter, signal }: { reporter: Reporter; signal: AbortSignal },
): Promise<BaseFacts[]> {
  const bases: BaseFacts[] = [];
  for (const entry of await listBases(repository, signal)) {
    if ('manifest' in entry) bases.push(baseFactsOf(entry.manifest));
    else reporter.warn(`base backup ${entry.label} cannot be used: ${entry.problem.message}`);
  }
  return bases;
}

export function baseFactsOf(manifest: BaseManifest): BaseFacts {
  return {
    label: manifest.label,
    systemId: manifest.systemId,
    timeline: manifest.timeline,
    startLsn: manifest.startLsn,
    stopLsn: manifest.stopLsn,
    startedAt: manifest.startTime,
    stoppedAt: manifest.stopTime,
    postgresMajor: Math.floor(manifest.serverVersion / 10_000),
    segmentBytes: manifest.requiredSettings.walSegmentSize,
  };
}
