import type { IncomingMessage, ServerResponse } from 'node:http';
import { answerError } from './answer.ts';
import { forward, passOn } from './forward.ts';
import type { S3Request } from './s3-request.ts';

export interface AwsDialect {
  /** May the caller list? Without that right a missing key is 403, so that its absence is no news. */
  canList: boolean;
  exists: (bucket: string, key: string) => Promise<boolean>;
}

/**
 * Where Amazon S3 differs from the gateway behind us:
 * - of conditional writes to one key at the same time, the later ones get 409 ConditionalRequestConflict, not 412
 *   (docs.aws.amazon.com, "How to prevent object overwrites with conditional writes");
 * - a condition on CompleteMultipartUpload is obeyed, where Ceph 16 ignores it;
 * - a GET or HEAD of a missing key without s3:ListBucket is 403 AccessDenied.
 */
export function createAwsDialect({ canList, exists }: AwsDialect) {
  const writing = new Set<string>();

  return async (message: IncomingMessage, response: ServerResponse, request: S3Request, target: URL): Promise<void> => {
    const refuse = (status: number, code: string) => answerError(message, response, { dialect: 'aws', status, code, request });
    const place = `${request.bucket}/${request.key}`;

    if (!canList && request.operation === 'ListObjects') return refuse(403, 'AccessDenied');
    if (request.isConditional && request.operation === 'CompleteMultipartUpload' && (await exists(request.bucket, request.key))) {
      return refuse(412, 'PreconditionFailed');
    }
    const isConditionalPut = request.isConditional && request.operation === 'PutObject';
    if (isConditionalPut && writing.has(place)) return refuse(409, 'ConditionalRequestConflict');
    if (isConditionalPut) writing.add(place);
    try {
      const answer = await forward(message, target);
      const isRead = request.operation === 'GetObject' || request.operation === 'HeadObject';
      if (!canList && isRead && answer.statusCode === 404) {
        answer.resume();
        return await refuse(403, 'AccessDenied');
      }
      await passOn(answer, response);
    } finally {
      if (isConditionalPut) writing.delete(place);
    }
  };
}
