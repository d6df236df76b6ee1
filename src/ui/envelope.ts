import { errorCatalogue } from '#kernel/error-catalogue';
import type { OpsError } from '#kernel/errors';
import { type ExitName, exitCodes } from '#kernel/exit-codes';

export interface EnvelopeMeta {
  runId: string;
  version: string;
  startedAt: string;
  durationMs: number;
  maxRssBytes: number;
}

/** One document on stdout, the same shape for success and failure. Fields are only ever added. */
export function successEnvelope(schema: string, data: unknown, warnings: readonly string[], meta: EnvelopeMeta): string {
  return JSON.stringify({ schema: `copilot-db/${schema}`, ok: true, data, warnings, meta });
}

export function failureEnvelope(schema: string, error: OpsError, exit: ExitName, warnings: readonly string[], meta: EnvelopeMeta): string {
  return JSON.stringify({
    schema: `copilot-db/${schema}`,
    ok: false,
    error: {
      code: error.code,
      title: errorCatalogue[error.code].title,
      message: error.message,
      detail: error.detail ?? null,
      exitCode: exitCodes[exit],
      retryable: error.retryable,
      nextSteps: error.nextSteps.map((step) => step.replaceAll('`', '')),
      details: error.details,
    },
    warnings,
    meta,
  });
}
