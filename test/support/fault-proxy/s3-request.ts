import type { IncomingMessage } from 'node:http';

export type S3Operation =
  | 'GetObject'
  | 'HeadObject'
  | 'PutObject'
  | 'CopyObject'
  | 'DeleteObject'
  | 'DeleteObjects'
  | 'ListObjects'
  | 'CreateMultipartUpload'
  | 'UploadPart'
  | 'CompleteMultipartUpload'
  | 'AbortMultipartUpload'
  | 'ListParts'
  | 'ListMultipartUploads'
  | 'HeadBucket'
  | 'Bucket';

export interface S3Request {
  method: string;
  operation: S3Operation;
  bucket: string;
  /** Decoded; '' for a request about the bucket. */
  key: string;
  /** If-None-Match is there. */
  isConditional: boolean;
}

function operationOf(method: string, isObject: boolean, query: URLSearchParams, isCopy: boolean): S3Operation {
  if (!isObject) {
    if (method === 'HEAD') return 'HeadBucket';
    if (method === 'POST' && query.has('delete')) return 'DeleteObjects';
    if (method === 'GET' && query.has('uploads')) return 'ListMultipartUploads';
    const asksSetting = ['location', 'versioning', 'policy', 'lifecycle', 'object-lock', 'encryption', 'acl'].some((name) =>
      query.has(name),
    );
    return method === 'GET' && !asksSetting ? 'ListObjects' : 'Bucket';
  }
  const isUpload = query.has('uploadId');
  switch (method) {
    case 'HEAD':
      return 'HeadObject';
    case 'PUT':
      return isUpload ? 'UploadPart' : isCopy ? 'CopyObject' : 'PutObject';
    case 'POST':
      return isUpload ? 'CompleteMultipartUpload' : 'CreateMultipartUpload';
    case 'DELETE':
      return isUpload ? 'AbortMultipartUpload' : 'DeleteObject';
    default:
      return isUpload ? 'ListParts' : 'GetObject';
  }
}

/** What a path-style S3 request asks for. */
export function readS3Request(message: IncomingMessage): S3Request {
  const url = new URL(message.url ?? '/', 'http://proxy');
  const [, bucket = '', ...rest] = url.pathname.split('/');
  const key = decodeURIComponent(rest.join('/'));
  const method = message.method ?? 'GET';
  return {
    method,
    operation: operationOf(method, key !== '', url.searchParams, message.headers['x-amz-copy-source'] !== undefined),
    bucket: decodeURIComponent(bucket),
    key,
    isConditional: message.headers['if-none-match'] !== undefined,
  };
}
