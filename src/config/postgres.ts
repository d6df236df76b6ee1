import { OpsError } from '#kernel/errors';
import type { PostgresConnection } from '#stores/postgres/connect';
import type { SecretEnvironment } from './repositories.ts';
import type { Config } from './schema.ts';
import { resolveSecret } from './secrets.ts';

/**
 * How to reach `postgres.primary`, its password resolved.
 * @throws CONFIG_SECTION_MISSING, SECRET_UNREADABLE
 */
export async function postgresConnection(config: Config, secrets: SecretEnvironment): Promise<PostgresConnection> {
  const server = config.postgres?.primary;
  if (!server) throw new OpsError('CONFIG_SECTION_MISSING', { message: 'The configuration has no section `postgres.primary`' });
  const password = await resolveSecret({
    name: 'postgres.primary.password',
    value: server.password,
    file: server.password_file,
    command: server.password_command,
    ...secrets,
  });
  return {
    host: server.host,
    port: server.port,
    database: server.database,
    username: server.username,
    sslMode: server.ssl_mode,
    ...(password === undefined ? {} : { password }),
    ...(server.ssl_root_cert === undefined ? {} : { sslRootCert: server.ssl_root_cert }),
  };
}
