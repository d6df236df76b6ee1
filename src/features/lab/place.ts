import { join } from 'node:path';

/** Where everything of a lab is. */
export interface LabPlace {
  directory: string;
  markerPath: string;
  configPath: string;
  postgresDir: string;
  dataDir: string;
  /** The wanted place of the socket; a long path gets another (platform/socket-directory). */
  socketDir: string;
  postgresLogPath: string;
  redisDir: string;
  repositoryDir: string;
  spoolDir: string;
  stateDir: string;
  /** Where the tour restores to. */
  restoredDir: string;
}

export const labDatabase = 'llm_copilot_agent';
/** Names the sockets only; the server listens on no network. */
export const labPort = 5432;

export function labPlace(directory: string): LabPlace {
  const at = (...parts: string[]): string => join(directory, ...parts);
  return {
    directory,
    markerPath: at('copilot-db-lab.json'),
    configPath: at('copilot-db.yaml'),
    postgresDir: at('postgres'),
    dataDir: at('postgres', 'data'),
    socketDir: at('postgres', 'socket'),
    postgresLogPath: at('postgres', 'postgres.log'),
    redisDir: at('redis'),
    repositoryDir: at('repository'),
    spoolDir: at('spool'),
    stateDir: at('state'),
    restoredDir: at('restored'),
  };
}
