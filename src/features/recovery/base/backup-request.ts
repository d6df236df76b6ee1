export interface BackupRequest {
  runId: string;
  /** Made of the server's time when it is left out. */
  label?: string | undefined;
  /** The server's throttle. */
  maxRateKilobytes?: number | undefined;
  /** How long a segment may take from the server to the repository. */
  walWaitMs: number;
}

/** The ids that the journal of a run knows. */
export type BackupStep = 'claim' | 'marker' | 'copy' | 'wal' | 'publish';
