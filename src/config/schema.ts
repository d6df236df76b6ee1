import { z } from 'zod';

/** Marks a value that `config show` masks and that becomes a Secret. */
const secret = z.string().meta({ secret: true });
const port = z.coerce.number().int().min(1).max(65535);
const flag = z.union([z.boolean(), z.enum(['true', 'false']).transform((text) => text === 'true')]);
const path = z.string().min(1);
const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/, 'letters, digits, dot, dash and underscore, at most 63');

const server = z.strictObject({
  /** A host name, or the absolute directory of a Unix socket. */
  host: z.string().default('localhost'),
  port: port.default(5432),
  database: z.string().default('llm_copilot_agent'),
  username: z.string().default('postgres'),
  password: secret.optional(),
  password_file: path.optional(),
  password_command: z.array(z.string()).min(1).optional(),
  ssl_mode: z.enum(['disable', 'prefer', 'require', 'verify-ca', 'verify-full']).default('prefer'),
  ssl_root_cert: path.optional(),
});

const s3 = z.strictObject({
  bucket: z.string().min(3),
  region: z.string().default('us-east-1'),
  prefix: z.string().default(''),
  endpoint: z.url().optional(),
  path_style: flag.default(false),
  storage_class: z.string().optional(),
  /** What the store has to say it applied. */
  sse: z.enum(['AES256', 'aws:kms', 'none']).optional(),
  /** With `sse: aws:kms`; the bucket's own key when left out. */
  sse_kms_key_id: z.string().optional(),
  /** Default checksums of the SDK break many other makes; `when-required` works everywhere. */
  checksum: z.enum(['when-required', 'when-supported']).default('when-required'),
  /** A PEM file that is trusted for the endpoint beside the system's. */
  ca_file: path.optional(),
  access_key_id: z.string().optional(),
  secret_access_key: secret.optional(),
  secret_access_key_file: path.optional(),
  /** Instance metadata is asked only when this is true. */
  instance_metadata: flag.default(false),
});

const repository = z
  .strictObject({ name: name.default('main'), directory: path.optional(), s3: s3.optional() })
  .refine((it) => (it.directory === undefined) !== (it.s3 === undefined), 'needs either `directory` or `s3`');

/** The configuration file. The only place that names a setting; the seed's shape, and what we added to it. */
export const configSchema = z.strictObject({
  /** Names the repository's folder and what has to be typed before a destructive act. */
  cluster: name.optional(),
  postgres: z
    .strictObject({
      primary: server,
      replica: server.extend({ enabled: flag.default(false), host: z.string().optional() }).optional(),
      pool: z
        .strictObject({
          max_connections: z.coerce.number().int().positive().default(50),
          min_connections: z.coerce.number().int().min(0).default(5),
          acquire_timeout_seconds: z.coerce.number().positive().default(30),
          idle_timeout_seconds: z.coerce.number().positive().default(600),
          max_lifetime_seconds: z.coerce.number().positive().default(1800),
          test_before_acquire: flag.default(true),
        })
        .optional(),
      performance: z
        .strictObject({ statement_cache_capacity: z.coerce.number().int().default(100), prepared_statements: flag.default(true) })
        .optional(),
      /** The operating-system user that runs the server. */
      os_user: z.string().optional(),
      /** The directory of the server's own programs; found when left out. */
      bin_dir: path.optional(),
    })
    .optional(),
  redis: z
    .strictObject({
      host: z.string().default('localhost'),
      port: port.default(6379),
      username: z.string().optional(),
      password: secret.optional(),
      password_file: path.optional(),
      database: z.coerce.number().int().min(0).default(0),
      tls: flag.default(false),
      pool: z
        .strictObject({ max_connections: z.coerce.number().int().default(100), connection_timeout_seconds: z.coerce.number().default(5) })
        .optional(),
      cache: z
        .strictObject({ default_ttl_seconds: z.coerce.number().int(), max_memory: z.string(), eviction_policy: z.string() })
        .partial()
        .optional(),
      cluster: z.strictObject({ enabled: flag.default(false), nodes: z.array(z.string()).default([]) }).optional(),
      sentinel: z.strictObject({ name: z.string(), nodes: z.array(z.string()).min(1) }).optional(),
    })
    .optional(),
  qdrant: z
    .strictObject({
      url: z.url().default('http://localhost:6333'),
      api_key: secret.optional(),
      collections: z
        .record(
          name,
          z.strictObject({
            vector_size: z.coerce.number().int().positive(),
            distance: z.enum(['cosine', 'dot', 'euclid', 'manhattan']).default('cosine'),
            on_disk: flag.default(false),
          }),
        )
        .optional(),
      hnsw: z
        .strictObject({ m: z.coerce.number().int(), ef_construct: z.coerce.number().int(), full_scan_threshold: z.coerce.number().int() })
        .partial()
        .optional(),
    })
    .optional(),
  backup: z
    .strictObject({
      repositories: z.array(repository).min(1).optional(),
      /** The seed's place for one repository; read as repository `main`. */
      postgres: z
        .strictObject({
          enabled: flag.default(true),
          schedule: z.string().optional(),
          retention_days: z.coerce.number().int().positive().default(30),
          compression: flag.default(true),
          /** true = the store encrypts (SSE AES256), and has to say so. */
          encryption: flag.default(false),
          s3: s3.optional(),
        })
        .optional(),
      validation: z.strictObject({ enabled: flag.default(true), schedule: z.string().optional() }).optional(),
    })
    .optional(),
  wal: z.strictObject({ spool_dir: path.optional() }).optional(),
  disaster_recovery: z
    .strictObject({
      rto_minutes: z.coerce.number().positive().default(15),
      rpo_minutes: z.coerce.number().positive().default(60),
      replication: z
        .strictObject({
          enabled: flag.default(true),
          type: z.enum(['streaming', 'logical', 'snapshot']).default('streaming'),
          sync_mode: z.enum(['async', 'sync', 'remote_apply']).default('async'),
        })
        .optional(),
      cross_region: z.strictObject({ enabled: flag.default(false), region: z.string().optional() }).optional(),
    })
    .optional(),
});

export type Config = z.infer<typeof configSchema>;
export type ConfigSection = keyof Config;
