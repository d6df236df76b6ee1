import { z } from 'zod';
import { type BaseManifest, objectsOf } from '#repository/manifest';

/** A backup on one line. */
export const backupSummary = z.object({
  label: z.string(),
  type: z.literal('base'),
  systemId: z.string(),
  postgresMajor: z.number().int(),
  startTime: z.string(),
  /** Times after this one can be restored from it. */
  stopTime: z.string(),
  timeline: z.number().int(),
  startLsn: z.string(),
  stopLsn: z.string(),
  tablespaces: z.number().int(),
  rawBytes: z.number().int(),
  storedBytes: z.number().int(),
  durationMs: z.number().int(),
});

export function summarise(manifest: BaseManifest): z.infer<typeof backupSummary> {
  const objects = objectsOf(manifest);
  return {
    label: manifest.label,
    type: manifest.type,
    systemId: manifest.systemId,
    postgresMajor: Math.floor(manifest.serverVersion / 10_000),
    startTime: manifest.startTime,
    stopTime: manifest.stopTime,
    timeline: manifest.timeline,
    startLsn: manifest.startLsn,
    stopLsn: manifest.stopLsn,
    tablespaces: manifest.tablespaces.length,
    rawBytes: objects.reduce((sum, object) => sum + object.rawBytes, 0),
    storedBytes: objects.reduce((sum, object) => sum + object.storedBytes, 0),
    durationMs: manifest.durationMs,
  };
}
