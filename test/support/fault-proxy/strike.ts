import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { answerError, type Dialect, drain } from './answer.ts';
import type { Fault } from './fault.ts';
import { beginAnswer, forward, passOn } from './forward.ts';
import type { S3Request } from './s3-request.ts';

export interface Struck {
  message: IncomingMessage;
  response: ServerResponse;
  request: S3Request;
  target: URL;
  dialect: Dialect;
  /** Reads another object from the store, with keys of its own. */
  readObject: (bucket: string, key: string) => Promise<Buffer>;
}

function reset(response: ServerResponse): void {
  response.socket?.resetAndDestroy();
}

async function collect(answer: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** The first bytes of an answer that announces all of them. @returns when they are on their way */
async function answerPart(answer: IncomingMessage, response: ServerResponse, bytes: number): Promise<void> {
  const body = await collect(answer);
  beginAnswer(answer, response, String(body.length));
  await new Promise<void>((resolve) => response.write(body.subarray(0, bytes), () => resolve()));
  // A reset may throw away what the client has not read yet.
  await sleep(50);
}

async function answerWhole(answer: IncomingMessage, response: ServerResponse, body: Buffer): Promise<void> {
  beginAnswer(answer, response, String(body.length));
  response.end(body);
  await once(response, 'close');
}

async function resetInRequest(message: IncomingMessage, response: ServerResponse, afterBytes: number): Promise<void> {
  let read = 0;
  for await (const chunk of message) {
    read += (chunk as Buffer).length;
    if (read >= afterBytes) break;
  }
  reset(response);
}

async function trickle(answer: IncomingMessage, response: ServerResponse, bytesPerSecond: number): Promise<void> {
  const body = await collect(answer);
  beginAnswer(answer, response, String(body.length));
  const step = Math.max(1, Math.floor(bytesPerSecond / 10));
  for (let at = 0; at < body.length && !response.destroyed; at += step) {
    response.write(body.subarray(at, at + step));
    await sleep(100);
  }
  response.end();
}

/** Lets the fault happen to the request. */
export async function strike(fault: Fault, struck: Struck): Promise<void> {
  const { message, response, request, target, dialect } = struck;
  switch (fault.kind) {
    case 'error':
      return answerError(message, response, { dialect, status: fault.status, code: fault.code, request });
    case 'error-in-200':
      return answerError(message, response, { dialect, status: 200, code: fault.code ?? 'InternalError', request });
    case 'reset-before':
      return reset(response);
    case 'reset-in-request':
      return resetInRequest(message, response, fault.afterBytes);
    case 'reset-after-request':
      await drain(message);
      return reset(response);
    case 'lost-answer':
      await collect(await forward(message, target));
      return reset(response);
    case 'reset-in-answer':
      await answerPart(await forward(message, target), response, fault.afterBytes);
      return reset(response);
    case 'stall-in-answer':
      return answerPart(await forward(message, target), response, fault.afterBytes);
    case 'truncate': {
      const answer = await forward(message, target);
      if (fault.quietly === true) return answerWhole(answer, response, (await collect(answer)).subarray(0, fault.atBytes));
      await answerPart(answer, response, fault.atBytes);
      response.socket?.end();
      return undefined;
    }
    case 'flip-byte': {
      const answer = await forward(message, target);
      const body = await collect(answer);
      if (fault.at < body.length) body.writeUInt8(body.readUInt8(fault.at) ^ 1, fault.at);
      return answerWhole(answer, response, body);
    }
    case 'wrong-object': {
      const answer = await forward(message, target);
      await collect(answer);
      return answerWhole(answer, response, await struck.readObject(request.bucket, fault.key));
    }
    case 'delay':
      await sleep(fault.delayMs);
      return passOn(await forward(message, target), response);
    case 'trickle':
      return trickle(await forward(message, target), response, fault.bytesPerSecond);
    case 'hang':
      return drain(message);
  }
}
