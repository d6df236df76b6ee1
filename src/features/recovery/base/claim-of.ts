import type { Claim } from '#repository/systems';
import type { PostgresClient } from '#stores/postgres/connect';
import { readServerTime, type ServerFacts } from './server-facts.ts';

/** How this server is entered in the repository. */
export async function claimOf(sql: PostgresClient, server: ServerFacts, runId: string): Promise<Claim> {
  const { systemId, dataDirectory, major } = server;
  return { systemId, host: sql.raw.host, dataDirectory, postgresMajor: major, now: await readServerTime(sql), runId };
}
