import { randomBytes } from 'node:crypto';
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  UploadPartCommand,
} from '@aws-sdk/client-s3';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type FaultProxy, startFaultProxy } from '#support/fault-proxy';
import { type Fault, storeErrors } from '#support/fault-proxy/fault';
import { type RadosGateway, useRadosGateway } from '#support/rados-gateway';

const body = randomBytes(3 * 1024 * 1024);
let gateway: RadosGateway;
let Bucket: string;
let proxy: FaultProxy;

beforeAll(async () => {
  gateway = await useRadosGateway();
  Bucket = await gateway.createBucket();
  proxy = await startFaultProxy(gateway);
});

beforeEach(() => proxy.clear());

async function put(Key: string, client = gateway.client(), IfNoneMatch?: string): Promise<void> {
  await client.send(new PutObjectCommand({ Bucket, Key, Body: body, ...(IfNoneMatch === undefined ? {} : { IfNoneMatch }) }));
}

async function get(Key: string, from: FaultProxy = proxy, signal = AbortSignal.timeout(20_000)): Promise<Buffer> {
  const { Body } = await from.client().send(new GetObjectCommand({ Bucket, Key }), { abortSignal: signal });
  return Buffer.from((await Body?.transformToByteArray()) ?? []);
}

async function isThere(Key: string): Promise<boolean> {
  return gateway
    .client()
    .send(new HeadObjectCommand({ Bucket, Key }))
    .then(
      () => true,
      () => false,
    );
}

describe('without a fault', () => {
  it('keeps the signed host valid and passes objects both ways unchanged, also names with strange letters', async () => {
    const Key = 'a/ü+%20 name(1).bin';
    await put(Key, proxy.client());
    expect((await get(Key)).equals(body)).toBe(true);
    expect(proxy.requests.map(({ operation, key, fault }) => ({ operation, key, fault }))).toEqual([
      { operation: 'PutObject', key: Key, fault: undefined },
      { operation: 'GetObject', key: Key, fault: undefined },
    ]);
    expect(proxy.count({ method: 'GET', key: /name/ })).toBe(1);
  });

  it('refuses a wrong signature as the gateway does', async () => {
    const client = gateway.client({ endpoint: proxy.endpoint, credentials: { ...gateway, secretAccessKey: 'wrong' } });
    await expect(client.send(new GetObjectCommand({ Bucket, Key: 'a' }))).rejects.toMatchObject({ name: 'SignatureDoesNotMatch' });
  });
});

describe('an answered error', () => {
  it.each(Object.entries(storeErrors))('%s reaches the client, and nothing reaches the store', async (name, fault) => {
    const Key = `error-${name}`;
    proxy.inject({}, fault);
    await expect(put(Key, proxy.client())).rejects.toMatchObject({ name: fault.code, $metadata: { httpStatusCode: fault.status } });
    expect(await isThere(Key)).toBe(false);
  });

  it('strikes the requests it is told to strike, and the client can retry past it', async () => {
    const rule = proxy.inject({ operation: 'PutObject', key: /^retried$/, nth: 1, times: 2 }, storeErrors.slowDown);
    await put('retried', proxy.client({ maxAttempts: 4 }));
    expect(rule).toMatchObject({ seen: 3, struck: 2 });
    expect((await get('retried')).equals(body)).toBe(true);
  });

  it('may be inside a 200', async () => {
    const client = proxy.client();
    const Key = 'complete';
    const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
    const { ETag } = await client.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 1, Body: body }));
    const complete = new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload: { Parts: [{ PartNumber: 1, ETag }] } });
    proxy.inject({ operation: 'CompleteMultipartUpload', nth: 1 }, { kind: 'error-in-200' });
    await expect(client.send(complete)).rejects.toMatchObject({ name: 'InternalError' });
    expect(await isThere(Key)).toBe(false);
    await client.send(complete);
    expect(await isThere(Key)).toBe(true);
    expect(proxy.requests.map((request) => request.operation)).toEqual([
      'CreateMultipartUpload',
      'UploadPart',
      'CompleteMultipartUpload',
      'CompleteMultipartUpload',
    ]);
  });
});

describe('a put whose connection breaks', () => {
  it.each<Fault>([{ kind: 'reset-before' }, { kind: 'reset-in-request', afterBytes: 100_000 }, { kind: 'reset-after-request' }])(
    '$kind: fails and nothing is stored',
    async (fault) => {
      proxy.inject({ method: 'PUT' }, fault);
      await expect(put(fault.kind, proxy.client())).rejects.toThrow(/ECONNRESET|socket hang up|EPIPE/);
      expect(await isThere(fault.kind)).toBe(false);
    },
  );

  it('lost-answer: fails although it is stored, and the retry of a put-if-absent meets its own object', async () => {
    proxy.inject({ method: 'PUT', nth: 1 }, { kind: 'lost-answer' });
    await expect(put('lost', proxy.client({ maxAttempts: 3 }), '*')).rejects.toMatchObject({
      $metadata: { httpStatusCode: 412, attempts: 2 },
    });
    expect(await isThere('lost')).toBe(true);
  });
});

describe('a get that goes wrong', () => {
  beforeAll(async () => {
    await put('whole');
    await gateway.client().send(new PutObjectCommand({ Bucket, Key: 'other', Body: 'another object' }));
  });

  it.each<Fault>([
    { kind: 'reset-in-answer', afterBytes: 1_000_000 },
    { kind: 'truncate', atBytes: 1_000_000 },
  ])('$kind: the client gets an error, not a short object', async (fault) => {
    proxy.inject({ operation: 'GetObject' }, fault);
    await expect(get('whole')).rejects.toThrow(/aborted|ECONNRESET|terminated|socket hang up/);
  });

  it('a quiet truncation, a flipped bit and another object look like success', async () => {
    proxy.inject({ operation: 'GetObject', nth: 1 }, { kind: 'truncate', atBytes: 1_000_000, quietly: true });
    proxy.inject({ operation: 'GetObject', nth: 2 }, { kind: 'flip-byte', at: 5 });
    proxy.inject({ operation: 'GetObject', nth: 3 }, { kind: 'wrong-object', key: 'other' });
    expect((await get('whole')).equals(body.subarray(0, 1_000_000))).toBe(true);
    const flipped = await get('whole');
    expect(flipped.length).toBe(body.length);
    expect([...flipped.subarray(0, 10)].map((byte, at) => byte ^ (body[at] ?? 0))).toEqual([0, 0, 0, 0, 0, 1, 0, 0, 0, 0]);
    expect((await get('whole')).toString()).toBe('another object');
    expect((await get('whole')).equals(body)).toBe(true);
  });

  it.each<Fault>([{ kind: 'hang' }, { kind: 'stall-in-answer', afterBytes: 1_000 }])(
    '$kind: the client waits until its own deadline',
    async (fault) => {
      proxy.inject({ operation: 'GetObject' }, fault);
      const startedAt = Date.now();
      await expect(get('whole', proxy, AbortSignal.timeout(700))).rejects.toThrow(/abort/i);
      expect(Date.now() - startedAt).toBeGreaterThan(600);
    },
  );

  it('a delay and a trickle only take longer', async () => {
    proxy.inject({ operation: 'GetObject', nth: 1 }, { kind: 'delay', delayMs: 400 });
    proxy.inject({ operation: 'GetObject', nth: 2 }, { kind: 'trickle', bytesPerSecond: 6_000_000 });
    for (const _ of [1, 2]) {
      const startedAt = Date.now();
      expect((await get('whole')).equals(body)).toBe(true);
      expect(Date.now() - startedAt).toBeGreaterThan(350);
    }
  });
});

describe('the AWS dialect', () => {
  it('answers 409 to conditional writes at the same time, one wins, and 412 comes afterwards', async () => {
    const aws = await startFaultProxy(gateway, { dialect: 'aws' });
    const outcomes = await Promise.all(
      Array.from({ length: 8 }, () =>
        put('race', aws.client(), '*').then(
          () => 200,
          (error: { $metadata: { httpStatusCode: number } }) => error.$metadata.httpStatusCode,
        ),
      ),
    );
    expect(outcomes.filter((status) => status === 200)).toHaveLength(1);
    expect(outcomes.filter((status) => status === 409).length).toBeGreaterThan(0);
    await expect(put('race', aws.client(), '*')).rejects.toMatchObject({ $metadata: { httpStatusCode: 412 } });
  });

  it('says 403 of a missing key to a caller who may not list', async () => {
    const aws = await startFaultProxy(gateway, { dialect: 'aws', canList: false });
    await put('present', aws.client());
    expect((await get('present', aws)).length).toBe(body.length);
    await expect(get('absent', aws)).rejects.toMatchObject({ name: 'AccessDenied' });
    await expect(aws.client().send(new HeadObjectCommand({ Bucket, Key: 'absent' }))).rejects.toMatchObject({
      $metadata: { httpStatusCode: 403 },
    });
    await expect(aws.client().send(new ListObjectsV2Command({ Bucket }))).rejects.toMatchObject({ name: 'AccessDenied' });
  });

  it('obeys the condition of a CompleteMultipartUpload, which this gateway ignores', async () => {
    const aws = await startFaultProxy(gateway, { dialect: 'aws' });
    const Key = 'taken';
    await put(Key);
    const finish = async (via: FaultProxy) => {
      const client = via.client();
      const { UploadId } = await client.send(new CreateMultipartUploadCommand({ Bucket, Key }));
      const { ETag } = await client.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 1, Body: 'x' }));
      const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] };
      return client.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, IfNoneMatch: '*', MultipartUpload }));
    };
    await expect(finish(aws)).rejects.toMatchObject({ $metadata: { httpStatusCode: 412 } });
    await expect(finish(proxy)).resolves.toMatchObject({ $metadata: { httpStatusCode: 200 } });
  });
});

it('refuses connections when it is stopped', async () => {
  const gone = await startFaultProxy(gateway);
  await gone.stop();
  await expect(get('whole', gone)).rejects.toThrow(/ECONNREFUSED/);
});
