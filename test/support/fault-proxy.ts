import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { GetObjectCommand, HeadObjectCommand, type S3Client } from '@aws-sdk/client-s3';
import type { Dialect } from './fault-proxy/answer.ts';
import { createAwsDialect } from './fault-proxy/aws-dialect.ts';
import { type Fault, FaultRule, matches, type RequestMatch } from './fault-proxy/fault.ts';
import { forward, passOn } from './fault-proxy/forward.ts';
import { readS3Request, type S3Request } from './fault-proxy/s3-request.ts';
import { strike } from './fault-proxy/strike.ts';
import type { RadosGateway } from './rados-gateway.ts';
import { atFileEnd } from './reaper.ts';

export interface FaultProxy {
  endpoint: string;
  /** A client that goes through the proxy; it does not retry unless asked to. */
  client(options?: { maxAttempts?: number }): S3Client;
  /** From now on this fault strikes the requests that match. The first rule that strikes wins. @returns the rule: `seen`, `struck` */
  inject(match: RequestMatch, fault: Fault): FaultRule;
  /** Removes every fault and forgets every request. */
  clear(): void;
  /** Requests that arrived, in order, with the kind of the fault that struck. */
  readonly requests: readonly (S3Request & { fault: Fault['kind'] | undefined })[];
  count(match?: RequestMatch): number;
  /** Ends every connection and refuses new ones. */
  stop(): Promise<void>;
}

/**
 * A proxy before the gateway whose faults are data. `ceph` passes on what the gateway says; `aws` differs where Amazon differs
 * (see aws-dialect.ts). `canList: false` (with `aws`): a caller without s3:ListBucket.
 */
export async function startFaultProxy(gateway: RadosGateway, options: { dialect?: Dialect; canList?: boolean } = {}): Promise<FaultProxy> {
  const dialect = options.dialect ?? 'ceph';
  const target = new URL(gateway.endpoint);
  const direct = gateway.client({ maxAttempts: 3 });
  const requests: (S3Request & { fault: Fault['kind'] | undefined })[] = [];
  let rules: FaultRule[] = [];

  const readObject = async (Bucket: string, Key: string) => {
    const { Body } = await direct.send(new GetObjectCommand({ Bucket, Key }));
    return Buffer.from((await Body?.transformToByteArray()) ?? []);
  };
  const exists = (Bucket: string, Key: string) =>
    direct.send(new HeadObjectCommand({ Bucket, Key })).then(
      () => true,
      () => false,
    );
  const asAws = createAwsDialect({ canList: options.canList ?? true, exists });

  const handle = async (message: IncomingMessage, response: ServerResponse) => {
    const request = readS3Request(message);
    // Every rule counts every request, whether or not an earlier one strikes.
    const rule = rules.filter((candidate) => candidate.isDueFor(request))[0];
    requests.push({ ...request, fault: rule?.fault.kind });
    if (rule !== undefined) {
      rule.struck += 1;
      return strike(rule.fault, { message, response, request, target, dialect, readObject });
    }
    if (dialect === 'aws') return asAws(message, response, request, target);
    return passOn(await forward(message, target), response);
  };

  const server = createServer((message, response) => {
    message.on('error', () => {});
    handle(message, response).catch(() => response.socket?.destroy());
  });
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a TCP server has no port');
  const endpoint = `http://127.0.0.1:${address.port}`;

  const stop = async () => {
    if (!server.listening) return;
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  };
  atFileEnd(stop);

  return {
    endpoint,
    client: ({ maxAttempts = 1 } = {}) => gateway.client({ endpoint, maxAttempts }),
    inject(match, fault) {
      const rule = new FaultRule(match, fault);
      rules.push(rule);
      return rule;
    },
    clear() {
      rules = [];
      requests.length = 0;
    },
    requests,
    count: (match = {}) => requests.filter((request) => matches(request, match)).length,
    stop,
  };
}
