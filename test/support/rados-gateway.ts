import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { killProcesses, processesUnder } from '../../scripts/test/processes.mjs';
import { freePort } from './free-port.ts';
import { type CephFiles, writeCephFiles } from './gateway/ceph-files.ts';
import { cephCommand, startCeph } from './gateway/start-ceph.ts';
import { atFileEnd } from './reaper.ts';
import { sharedDirectory } from './test-root.ts';

// Node 20 is supported here for longer than the SDK's warning on stderr says.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED = 'true';

interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
}

interface GatewayFacts extends Credentials {
  /** Plain HTTP on loopback. */
  endpoint: string;
  /** TLS with the certificate in `caFile`. */
  httpsEndpoint: string;
  caFile: string;
  region: string;
  kmsKeyId: string;
  files: CephFiles;
}

export interface RadosGateway extends Omit<GatewayFacts, 'files'> {
  /** Makes a bucket of this test's own. @returns its name */
  createBucket(): Promise<string>;
  /** A client of the gateway, or of a proxy before it. It does not retry. */
  client(options?: { endpoint?: string; maxAttempts?: number; credentials?: Credentials }): S3Client;
  /** Another user of the gateway, without any right to the buckets of the first. */
  createUser(): Promise<Credentials>;
}

const startTimeoutMs = 110_000;

async function start(directory: string): Promise<GatewayFacts> {
  const ports = { monV2: await freePort(), monV1: await freePort(), http: await freePort(), https: await freePort() };
  const files = await writeCephFiles(directory, ports);
  const endpoint = `http://127.0.0.1:${ports.http}`;
  const credentials = {
    accessKeyId: `TESTS${randomBytes(6).toString('hex').toUpperCase()}`,
    secretAccessKey: randomBytes(20).toString('hex'),
  };
  await startCeph(files, endpoint, credentials);
  return {
    endpoint,
    httpsEndpoint: `https://127.0.0.1:${ports.https}`,
    caFile: files.caFile,
    region: 'us-east-1',
    kmsKeyId: files.kmsKeyId,
    ...credentials,
    files,
  };
}

/** A port may be lost between choosing and binding it, so there is a second try. */
async function startWithRetry(directory: string): Promise<GatewayFacts> {
  try {
    return await start(join(directory, '1'));
  } catch {
    await killProcesses(processesUnder(join(directory, '1')));
    return start(join(directory, '2'));
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** One gateway a run: the first test file that asks starts it, the others wait for it, and it ends with the run. */
async function sharedGateway(): Promise<GatewayFacts> {
  const directory = sharedDirectory('gateway');
  const facts = join(directory, 'facts.json');
  const failed = join(directory, 'failed');
  const lock = join(directory, 'lock');
  const isFirst = await writeFile(lock, String(process.pid), { flag: 'wx' }).then(
    () => true,
    () => false,
  );
  if (isFirst) {
    try {
      await writeFile(`${facts}.draft`, JSON.stringify(await startWithRetry(directory)), { mode: 0o600 });
      await rename(`${facts}.draft`, facts);
    } catch (error) {
      await writeFile(failed, String(error));
      throw error;
    }
  }
  for (const deadline = Date.now() + startTimeoutMs; Date.now() < deadline; await sleep(100)) {
    if (existsSync(facts)) return JSON.parse(await readFile(facts, 'utf8')) as GatewayFacts;
    if (existsSync(failed)) throw new Error(`the RADOS gateway did not start: ${await readFile(failed, 'utf8')}`);
    const starter = Number(await readFile(lock, 'utf8').catch(() => '0'));
    // A worker that died while it was starting the gateway, as on a time limit: whoever comes next starts anew.
    if (starter > 0 && !isAlive(starter)) {
      await killProcesses(processesUnder(directory));
      await rm(directory, { recursive: true, force: true });
      return sharedGateway();
    }
  }
  throw new Error('the RADOS gateway did not start in time');
}

/** The real S3 of this run: Ceph's RADOS gateway. It outlives the test file; buckets are per test. */
export async function useRadosGateway(): Promise<RadosGateway> {
  const { files, ...facts } = await sharedGateway();
  const clients: S3Client[] = [];
  atFileEnd(() => {
    for (const client of clients) client.destroy();
  });
  const gateway: RadosGateway = {
    ...facts,
    client({ endpoint = facts.endpoint, maxAttempts = 1, credentials = facts } = {}) {
      const client = new S3Client({
        endpoint,
        region: facts.region,
        forcePathStyle: true,
        maxAttempts,
        credentials: { accessKeyId: credentials.accessKeyId, secretAccessKey: credentials.secretAccessKey },
        // The gateway does not know checksums that trail a stream.
        requestChecksumCalculation: 'WHEN_REQUIRED',
        responseChecksumValidation: 'WHEN_REQUIRED',
      });
      clients.push(client);
      return client;
    },
    async createBucket() {
      const bucket = `test-${randomBytes(5).toString('hex')}`;
      await gateway.client({ maxAttempts: 3 }).send(new CreateBucketCommand({ Bucket: bucket }));
      return bucket;
    },
    async createUser() {
      const name = `other${randomBytes(4).toString('hex')}`;
      const credentials = { accessKeyId: name.toUpperCase(), secretAccessKey: randomBytes(20).toString('hex') };
      const keys = ['--access-key', credentials.accessKeyId, '--secret-key', credentials.secretAccessKey];
      await cephCommand(files, 'radosgw-admin', ['-n', 'client.rgw', 'user', 'create', '--uid', name, '--display-name', name, ...keys]);
      return credentials;
    },
  };
  return gateway;
}
