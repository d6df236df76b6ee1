import type { IncomingMessage, ServerResponse } from 'node:http';
import type { S3Request } from './s3-request.ts';

export type Dialect = 'ceph' | 'aws';

/** Ceph's errors have no message; AWS's have one. */
function errorXml(dialect: Dialect, code: string, request: S3Request): string {
  const facts =
    dialect === 'ceph'
      ? `<BucketName>${request.bucket}</BucketName><RequestId>tx0</RequestId><HostId>proxy</HostId>`
      : `<Message>${code} was asked for by the test</Message><RequestId>PROXY</RequestId><HostId>proxy</HostId>`;
  return `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code>${facts}</Error>`;
}

/** Reads the request to its end, so that the client can send it whole before it reads our answer. */
export async function drain(message: IncomingMessage): Promise<void> {
  if (message.complete || message.destroyed) return;
  await new Promise<void>((resolve) => {
    message.once('end', resolve);
    message.once('close', resolve);
    message.resume();
  });
}

export async function answerError(
  message: IncomingMessage,
  response: ServerResponse,
  error: { dialect: Dialect; status: number; code: string; request: S3Request },
): Promise<void> {
  await drain(message);
  const body = error.request.method === 'HEAD' ? '' : errorXml(error.dialect, error.code, error.request);
  const length = body === '' ? {} : { 'content-length': String(Buffer.byteLength(body)) };
  response.writeHead(error.status, { 'content-type': 'application/xml', 'x-amz-request-id': 'PROXY', ...length });
  response.end(body);
}
