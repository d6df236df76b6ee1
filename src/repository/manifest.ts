import { z } from 'zod';
import { isLabel, isSystemId } from './layout.ts';
import { parseJson } from './parse-json.ts';
import { storedObjectSchema } from './stored-object.ts';

const moment = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/, 'RFC 3339 UTC with microseconds');
const lsn = z.string().regex(/^[0-9A-F]{1,8}\/[0-9A-F]{1,8}$/, 'an LSN');
const count = z.number().int().min(0);

/** Settings that a recovering server must match or exceed, or it refuses to start (PostgreSQL, "Administrator's overview" of hot standby). */
export const requiredSettingsSchema = z.object({
  maxConnections: count,
  maxWorkerProcesses: count,
  maxWalSenders: count,
  maxPreparedTransactions: count,
  maxLocksPerTransaction: count,
  /** Bytes. */
  walSegmentSize: count,
});

/** `base/<label>/manifest.json`, format 1: all of a base backup, published last. What has none does not exist. */
export const baseManifestSchema = z.object({
  format: z.literal(1),
  type: z.literal('base'),
  cluster: z.string().min(1),
  systemId: z.string().refine(isSystemId, 'a system identifier'),
  /** As `server_version_num`: 150020. */
  serverVersion: z.number().int(),
  label: z.string().refine(isLabel, 'a label'),
  runId: z.string().min(1),
  toolVersion: z.string().min(1),
  /** Asked from the server, not from the host that wrote this. */
  startTime: moment,
  stopTime: moment,
  timeline: z.number().int().min(1),
  startLsn: lsn,
  stopLsn: lsn,
  /** The first and the last WAL file without which this backup cannot be restored. */
  startSegment: z.string(),
  stopSegment: z.string(),
  /** The next transaction id at stop, with its epoch, as decimal text; null when it could not be read. */
  nextXid: z.string().nullable(),
  /** One archive each; `oid` is null for the main one, which holds PGDATA. */
  tablespaces: z.array(
    z.object({
      oid: z.number().int().nullable(),
      location: z.string().nullable(),
      sizeBytes: count.nullable(),
      archive: storedObjectSchema,
    }),
  ),
  /** The server's backup_manifest, for pg_verifybackup. */
  backupManifest: storedObjectSchema,
  /** Configuration files that lie outside PGDATA. */
  configFiles: z.array(z.object({ path: z.string(), object: storedObjectSchema })),
  requiredSettings: requiredSettingsSchema,
  /** Whether pages have checksums; null when it could not be read. */
  pageChecksums: z.boolean().nullable(),
  durationMs: count,
  createdBy: z.object({ host: z.string(), user: z.string() }),
});

export type BaseManifest = z.infer<typeof baseManifestSchema>;

/** @throws BACKUP_MANIFEST_INVALID, REPOSITORY_FORMAT_UNKNOWN */
export function parseBaseManifest(body: Buffer, name: string): BaseManifest {
  return parseJson(body, { schema: baseManifestSchema, name, invalid: 'BACKUP_MANIFEST_INVALID' });
}

/** Everything a base backup stored, in the order of a restore. */
export function objectsOf(manifest: BaseManifest): z.infer<typeof storedObjectSchema>[] {
  return [
    ...manifest.tablespaces.map(({ archive }) => archive),
    manifest.backupManifest,
    ...manifest.configFiles.map(({ object }) => object),
  ];
}
