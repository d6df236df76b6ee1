import type { z } from 'zod';
import type { ErrorCode } from '#kernel/error-catalogue';
import { messageOf, OpsError } from '#kernel/errors';

interface Expected<T> {
  schema: z.ZodType<T>;
  /** What it is, for messages: the location and key. */
  name: string;
  /** The code when it is not understood. */
  invalid: ErrorCode;
}

/**
 * Reads a versioned JSON object of the repository. Fields that are not known are kept out, not refused: a newer release may add them
 * within a format. @throws REPOSITORY_FORMAT_UNKNOWN for a newer format, else `invalid`
 */
export function parseJson<T>(body: Buffer, { schema, name, invalid }: Expected<T>): T {
  let value: unknown;
  try {
    value = JSON.parse(body.toString('utf8'));
  } catch (error) {
    throw new OpsError(invalid, { message: `${name} is no JSON`, detail: messageOf(error), cause: error });
  }
  const format = (value as { format?: unknown } | null)?.format;
  if (typeof format === 'number' && format > 1) {
    throw new OpsError('REPOSITORY_FORMAT_UNKNOWN', {
      message: `${name} has format ${format}; this release knows format 1`,
      details: { name, format },
    });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const detail = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'it'}: ${issue.message}`).join('\n');
  throw new OpsError(invalid, { message: `${name} does not fit its format`, detail, details: { name } });
}

/** What is put into the repository: readable by people, one newline at the end. */
export function formatJson(value: unknown): Buffer {
  return Buffer.from(`${JSON.stringify(value, undefined, 2)}\n`);
}
