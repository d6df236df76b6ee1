import { z } from 'zod';

const sha256 = z.string().regex(/^[0-9a-f]{64}$/);
const bytes = z.number().int().min(0);

/** Where the bytes of one thing are, and how to know that they are the right ones. Part of every manifest. */
export const storedObjectSchema = z.object({
  /** What it is called within its backup: `base.tar`, `16401.tar`, `backup_manifest`, `config/postgresql.conf`. */
  name: z.string().min(1),
  codec: z.enum(['zstd', 'gzip', 'none']),
  encryption: z.enum(['none', 'age']),
  /** Before compression. */
  rawBytes: bytes,
  rawSha256: sha256,
  /** Of all parts. */
  storedBytes: bytes,
  /** In this order they are one compressed stream; keys are relative to the repository's folder. */
  parts: z.array(z.object({ key: z.string().min(1), storedBytes: bytes, storedSha256: sha256 })).min(1),
});

export type StoredObject = z.infer<typeof storedObjectSchema>;
