import { readFile } from 'node:fs/promises';
import type { ConnectionOptions } from 'node:tls';
import { messageOf, OpsError } from '#kernel/errors';

export type SslMode = 'disable' | 'prefer' | 'require' | 'verify-ca' | 'verify-full';

/** How one attempt at a connection speaks: false = plain text. */
export type SslAttempt = false | ConnectionOptions;

/**
 * The attempts that libpq makes for a mode, in order (PostgreSQL documentation, 34.19.1). `pg` itself gives the words other
 * meanings. Unix sockets never use TLS. As in libpq, `require` with a root certificate means `verify-ca`. Without a root
 * certificate the verifying modes trust what Node trusts, where libpq would look for ~/.postgresql/root.crt.
 */
export async function sslAttempts(settings: {
  host: string;
  sslMode: SslMode;
  sslRootCert?: string | undefined;
}): Promise<readonly SslAttempt[]> {
  if (settings.host.startsWith('/') || settings.sslMode === 'disable') return [false];
  const ca = settings.sslRootCert === undefined ? undefined : await readRootCert(settings.sslRootCert);
  const trust = ca === undefined ? {} : { ca };
  const unchecked = { rejectUnauthorized: false };
  const issuerOnly = { ...trust, rejectUnauthorized: true, checkServerIdentity: () => undefined };
  switch (settings.sslMode) {
    case 'prefer':
      return [unchecked, false];
    case 'require':
      return [ca === undefined ? unchecked : issuerOnly];
    case 'verify-ca':
      return [issuerOnly];
    case 'verify-full':
      return [{ ...trust, rejectUnauthorized: true }];
  }
}

async function readRootCert(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new OpsError('POSTGRES_TLS_FAILED', { message: `Cannot read the root certificate ${path}: ${messageOf(error)}`, cause: error });
  }
}
