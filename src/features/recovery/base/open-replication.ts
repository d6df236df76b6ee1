import { isOpsError, OpsError } from '#kernel/errors';
import type { PostgresClient } from '#stores/postgres/connect';
import { rightsMissing } from './preconditions.ts';
import type { ServerFacts } from './server-facts.ts';

/**
 * A replication connection to the very server that `server` describes: a name with several addresses, or a pooler, may lead elsewhere.
 * @throws BACKUP_RIGHTS_MISSING, BACKUP_SERVERS_DIFFER, POSTGRES_*
 */
export async function openReplication(sql: PostgresClient, server: ServerFacts): Promise<PostgresClient> {
  const client = await sql.openSibling({ replication: true }).catch((error: unknown) => {
    if (!isOpsError(error, 'POSTGRES_LOGIN_REFUSED', 'POSTGRES_PERMISSION_DENIED')) throw error;
    throw rightsMissing(server.userName, sql.location, String(error.details.serverMessage ?? error.message), error);
  });
  try {
    const { rows } = await client.query<{ systemid: string }>('IDENTIFY_SYSTEM');
    const systemId = rows[0]?.systemid;
    if (systemId === server.systemId) return client;
    throw new OpsError('BACKUP_SERVERS_DIFFER', {
      message: `${sql.location} leads to system ${server.systemId} for SQL and to ${systemId} for replication`,
      details: { location: sql.location, sqlSystemId: server.systemId, replicationSystemId: systemId },
    });
  } catch (error) {
    await client.close();
    throw error;
  }
}
