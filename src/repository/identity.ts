import { z } from 'zod';
import { isSystemId } from './layout.ts';

const moment = z.string().regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/, 'RFC 3339 UTC with microseconds');

/** What the store showed when the repository was created. */
export const capabilitiesSchema = z.object({
  /** A second put of a key was refused. */
  putIfAbsent: z.literal(true),
  rangedGet: z.literal(true),
  orderedList: z.literal(true),
  multipart: z.literal(true),
  /** The encryption that its answers named. */
  serverSideEncryption: z.string().nullable(),
});
export type Capabilities = z.infer<typeof capabilitiesSchema>;

/** `repository.json`, format 1: created once by `repository init`, and what makes the place a repository. */
export const identitySchema = z.object({
  format: z.literal(1),
  cluster: z.string().min(1),
  codec: z.enum(['zstd', 'gzip']),
  encryption: z.literal('none'),
  createdAt: moment,
  runId: z.string().min(1),
  toolVersion: z.string().min(1),
  capabilities: capabilitiesSchema,
});
export type Identity = z.infer<typeof identitySchema>;

/** `systems/<systemId>.json`, format 1: the database system that may store here, and who it was when it came. */
export const systemSchema = z.object({
  format: z.literal(1),
  systemId: z.string().refine(isSystemId, 'a system identifier'),
  claimedAt: moment,
  runId: z.string().min(1),
  /** The server's host and data directory as far as they were known; for people, nothing is decided by them. */
  host: z.string().nullable(),
  dataDirectory: z.string().nullable(),
  postgresMajor: z.number().int().nullable(),
  /** 1 for the first system of the cluster, one more for each successor. */
  epoch: z.number().int().min(1),
});
export type System = z.infer<typeof systemSchema>;
