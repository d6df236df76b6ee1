import type { ErrorCode } from '#kernel/error-catalogue';
import { isOpsError, messageOf, OpsError } from '#kernel/errors';

const byName: Readonly<Record<string, ErrorCode>> = {
  NoSuchKey: 'OBJECT_NOT_FOUND',
  NoSuchBucket: 'OBJECT_BUCKET_MISSING',
  AccessDenied: 'OBJECT_ACCESS_DENIED',
  InvalidAccessKeyId: 'OBJECT_ACCESS_DENIED',
  SignatureDoesNotMatch: 'OBJECT_ACCESS_DENIED',
  ExpiredToken: 'OBJECT_ACCESS_DENIED',
  RequestTimeTooSkewed: 'OBJECT_REQUEST_REFUSED',
  QuotaExceeded: 'OBJECT_STORE_FULL',
  InvalidRange: 'OBJECT_TRUNCATED',
  NotImplemented: 'OBJECT_STORE_UNSUITABLE',
  MethodNotAllowed: 'OBJECT_STORE_UNSUITABLE',
  CredentialsProviderError: 'OBJECT_CREDENTIALS_MISSING',
};

interface S3ErrorFacts {
  /** The store's word for it: NoSuchKey. "Unknown" when it gave none. */
  name: string;
  status: number | undefined;
}

/** What an error of the SDK says about itself; some makes put the code into `Code` alone. */
export function factsOf(error: unknown): S3ErrorFacts {
  const { name, Code, $metadata } = (error ?? {}) as { name?: string; Code?: string; $metadata?: { httpStatusCode?: number } };
  const known = [Code, name].find((it) => it !== undefined && it !== 'UnknownError' && it !== 'Unknown' && it !== 'Error');
  return { name: known ?? 'Unknown', status: $metadata?.httpStatusCode };
}

/**
 * An error of the SDK in the words of the catalogue. "Not there" is said only when the store named the key missing: a 404 without that
 * word may come from anything between us and it.
 */
export function translateS3Error(error: unknown, tried: string): unknown {
  if (isOpsError(error)) return error;
  const facts = factsOf(error);
  const code = byName[facts.name] ?? byStatus(facts) ?? byNetwork(error);
  if (code === undefined) return error;
  const said = [facts.name === 'Unknown' ? undefined : facts.name, facts.status === undefined ? undefined : `HTTP ${facts.status}`];
  return new OpsError(code, {
    message: `${tried}: ${outcomeOf(code)}`,
    detail: [said.filter((it) => it !== undefined).join(', '), messageOf(error)]
      .filter((it) => it !== '' && it !== 'UnknownError')
      .join(': '),
    details: { error: facts.name, status: facts.status },
    ...(isCertificateProblem(error)
      ? { nextSteps: ['Set `ca_file` to the PEM file of the authority that signed the certificate of the endpoint'] }
      : {}),
    cause: withoutRequest(error),
  });
}

/** The SDK hangs the whole exchange on its errors, with session tokens in its headers; what goes on into reports is the text alone. */
export function withoutRequest(error: unknown): Error {
  const slim = new Error(messageOf(error));
  if (error instanceof Error) slim.stack = error.stack ?? slim.message;
  return slim;
}

function byStatus({ status }: S3ErrorFacts): ErrorCode | undefined {
  if (status === undefined) return undefined;
  if (status === 403 || status === 401) return 'OBJECT_ACCESS_DENIED';
  if (status === 429 || status >= 500 || status < 300) return 'OBJECT_STORE_UNAVAILABLE';
  return 'OBJECT_REQUEST_REFUSED';
}

/** What never became an answer: names, connections, TLS, silence. */
function byNetwork(error: unknown): ErrorCode | undefined {
  const { name, code, syscall } = (error ?? {}) as { name?: string; code?: unknown; syscall?: unknown };
  const isSystem = typeof code === 'string' && (syscall !== undefined || /^(E[A-Z_]+|CERT_|ERR_SSL|ERR_TLS|HPE_)/.test(code));
  return name === 'TimeoutError' || isSystem || isCertificateProblem(error) ? 'OBJECT_STORE_UNAVAILABLE' : undefined;
}

function isCertificateProblem(error: unknown): boolean {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /CERT|SELF_SIGNED|UNABLE_TO_/.test(code);
}

function outcomeOf(code: ErrorCode): string {
  switch (code) {
    case 'OBJECT_NOT_FOUND':
      return 'not there';
    case 'OBJECT_BUCKET_MISSING':
      return 'the bucket does not exist';
    case 'OBJECT_ACCESS_DENIED':
      return 'access denied';
    case 'OBJECT_STORE_UNAVAILABLE':
      return 'the store cannot be reached or cannot answer';
    case 'OBJECT_CREDENTIALS_MISSING':
      return 'there are no credentials';
    case 'OBJECT_STORE_FULL':
      return 'the quota is used up';
    case 'OBJECT_TRUNCATED':
      return 'shorter than the range that was asked for';
    default:
      return 'the store refused the request';
  }
}
