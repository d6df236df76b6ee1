import { type ErrorCode, errorCatalogue } from './error-catalogue.ts';
import { type ExitName, exitCodes } from './exit-codes.ts';
import type { Json } from './json.ts';

export interface OpsErrorInit {
  /** What was tried and what happened, one sentence without a full stop. */
  message: string;
  /** Why, as far as it is known. May have several lines (a caret frame, a list). */
  detail?: string | undefined;
  /** Commands or acts in order of likelihood. Defaults to the catalogue's. */
  nextSteps?: readonly string[];
  /** Facts for machines. Never secrets. */
  details?: Readonly<Record<string, Json | undefined>>;
  retryable?: boolean;
  cause?: unknown;
}

/** Every failure a person or a script can meet. The code's exit class, title and page are in the catalogue. */
export class OpsError extends Error {
  readonly code: ErrorCode;
  readonly detail: string | undefined;
  readonly nextSteps: readonly string[];
  readonly details: Readonly<Record<string, Json | undefined>>;
  readonly retryable: boolean;

  constructor(code: ErrorCode, init: OpsErrorInit) {
    super(init.message, { cause: init.cause });
    this.name = 'OpsError';
    this.code = code;
    this.detail = init.detail;
    this.nextSteps = init.nextSteps ?? errorCatalogue[code].nextSteps;
    this.details = init.details ?? {};
    this.retryable = init.retryable ?? errorCatalogue[code].exit === 'unavailable';
  }

  get exit(): ExitName {
    return errorCatalogue[this.code].exit;
  }

  get exitCode(): number {
    return exitCodes[this.exit];
  }
}

export function isOpsError(error: unknown, ...codes: readonly ErrorCode[]): error is OpsError {
  return error instanceof OpsError && (codes.length === 0 || codes.includes(error.code));
}

/** The text of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
