import { readFile } from 'node:fs/promises';
import { rootCertificates } from 'node:tls';
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { messageOf, OpsError } from '#kernel/errors';
import type { S3Settings } from '../open.ts';
import { settleAwsEnvironment } from './aws-environment.ts';

export const connectMs = 5_000;
export const idleMs = 30_000;
/** Of one request, the first included; the SDK waits between them, longer each time. */
const maxAttempts = 4;

export interface S3Connection {
  /** For everything but downloads: a socket that is silent for `idleMs` fails. */
  client: S3Client;
  /** For bodies: only the answer's beginning has a deadline, since the socket also rests when the reader is slow; guardBody watches the rest. */
  downloads: S3Client;
}

/** Makes clients; nothing is sent yet. @throws OBJECT_CA_UNREADABLE */
export async function connectS3(settings: S3Settings): Promise<S3Connection> {
  settleAwsEnvironment(settings);
  const https = { keepAlive: true, maxSockets: 64, ...(settings.caFile ? { ca: await readCertificates(settings.caFile) } : {}) };
  const handler = { connectionTimeout: connectMs, httpAgent: { keepAlive: true, maxSockets: 64 }, httpsAgent: https };
  const shared: S3ClientConfig = {
    region: settings.region,
    forcePathStyle: settings.pathStyle,
    maxAttempts,
    retryMode: 'standard',
    followRegionRedirects: false,
    requestChecksumCalculation: settings.checksum === 'when-required' ? 'WHEN_REQUIRED' : 'WHEN_SUPPORTED',
    responseChecksumValidation: settings.checksum === 'when-required' ? 'WHEN_REQUIRED' : 'WHEN_SUPPORTED',
    // For "100-continue" the SDK's handler makes a new agent for each request, which knows nothing of our certificates (3.1173.0).
    expectContinueHeader: false,
    logger: { debug() {}, info() {}, warn() {}, error() {} },
    ...(settings.endpoint === undefined ? {} : { endpoint: settings.endpoint }),
    ...staticCredentials(settings),
  };
  const client = new S3Client({ ...shared, requestHandler: { ...handler, socketTimeout: idleMs } });
  const downloads = new S3Client({
    ...shared,
    // Both look for credentials once.
    credentials: client.config.credentials,
    requestHandler: { ...handler, socketTimeout: 0, requestTimeout: idleMs, throwOnRequestTimeout: true },
  });
  return { client, downloads };
}

function staticCredentials({ accessKeyId, secretAccessKey, sessionToken }: S3Settings): Pick<S3ClientConfig, 'credentials'> {
  if (accessKeyId === undefined || secretAccessKey === undefined) return {};
  const token = sessionToken === undefined ? {} : { sessionToken: sessionToken.reveal() };
  return { credentials: { accessKeyId, secretAccessKey: secretAccessKey.reveal(), ...token } };
}

async function readCertificates(path: string): Promise<string[]> {
  const pem = await readFile(path, 'utf8').catch((error: unknown) => {
    throw new OpsError('OBJECT_CA_UNREADABLE', {
      message: `The certificate file ${path} cannot be read`,
      detail: messageOf(error),
      cause: error,
    });
  });
  if (pem.includes('-----BEGIN CERTIFICATE-----')) return [...rootCertificates, pem];
  throw new OpsError('OBJECT_CA_UNREADABLE', { message: `The file ${path} holds no PEM certificate` });
}
