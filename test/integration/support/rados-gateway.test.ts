import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import { GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { expect, it } from 'vitest';
import { useRadosGateway } from '#support/rados-gateway';

it('is a real S3: what is put once is refused the second time', async () => {
  const gateway = await useRadosGateway();
  const client = gateway.client();
  const Bucket = await gateway.createBucket();
  await client.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'first', IfNoneMatch: '*' }));
  await expect(client.send(new PutObjectCommand({ Bucket, Key: 'a', Body: 'second', IfNoneMatch: '*' }))).rejects.toMatchObject({
    $metadata: { httpStatusCode: 412 },
  });
  const { Body } = await client.send(new GetObjectCommand({ Bucket, Key: 'a' }));
  expect(await Body?.transformToString()).toBe('first');
});

it('speaks TLS with the certificate it names, and shuts out other users', async () => {
  const gateway = await useRadosGateway();
  const ca = await readFile(gateway.caFile);
  const status = await new Promise((resolve, reject) => {
    request(gateway.httpsEndpoint, { ca }, (response) => resolve(response.resume().statusCode))
      .once('error', reject)
      .end();
  });
  expect(status).toBe(200);
  const Bucket = await gateway.createBucket();
  const stranger = gateway.client({ credentials: await gateway.createUser() });
  await expect(stranger.send(new GetObjectCommand({ Bucket, Key: 'a' }))).rejects.toMatchObject({ name: 'AccessDenied' });
});
