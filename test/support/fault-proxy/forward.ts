import { request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';

/**
 * Sends the request on as it is. The Host header stays the one that the client signed: the gateway checks the signature against
 * what it receives, not against its own address, so a proxy that keeps it needs no keys.
 */
export async function forward(message: IncomingMessage, target: URL): Promise<IncomingMessage> {
  const upstream = httpRequest({
    host: target.hostname,
    port: target.port,
    method: message.method,
    path: message.url,
    headers: message.rawHeaders,
    setHost: false,
    agent: false,
  });
  const answered = new Promise<IncomingMessage>((resolve, reject) => {
    upstream.once('response', resolve);
    upstream.once('error', reject);
  });
  const sent = pipeline(message, upstream);
  // A client that goes away with its request half sent takes this connection with it: the store must not see an end.
  // That the store answers before it has read everything is no failure here.
  sent.catch(() => {});
  return answered;
}

const hopByHop = new Set(['connection', 'keep-alive', 'content-length', 'transfer-encoding']);

/** Begins the answer with the store's status and headers, and with this length unless it is undefined. */
export function beginAnswer(answer: IncomingMessage, response: ServerResponse, length: string | undefined): void {
  for (let at = 0; at + 1 < answer.rawHeaders.length; at += 2) {
    const name = answer.rawHeaders[at] ?? '';
    if (!hopByHop.has(name.toLowerCase())) response.appendHeader(name, answer.rawHeaders[at + 1] ?? '');
  }
  if (length !== undefined) response.setHeader('content-length', length);
  response.writeHead(answer.statusCode ?? 502);
}

export async function passOn(answer: IncomingMessage, response: ServerResponse): Promise<void> {
  beginAnswer(answer, response, answer.headers['content-length']);
  await pipeline(answer, response);
}
