/** A point in a long job. The engine reports it; how it looks is decided by `ui`. */
export interface Progress {
  /** What is going on, a few words: "extract", "replay". A new phase replaces the one before. */
  phase: string;
  done: number;
  /** Unknown totals are left out; there is no ETA then. */
  total?: number;
  unit: 'bytes' | 'items' | 'segments';
  /** A word about the current item. */
  detail?: string;
}

/** Where features say what they are doing. Nothing below `ui` prints. */
export interface Reporter {
  progress(progress: Progress): void;
  info(message: string): void;
  /** Also becomes part of the result's `warnings`. */
  warn(message: string): void;
  debug(message: string): void;
}

/** Says nothing. For the WAL path and for tests. */
export const silentReporter: Reporter = { progress() {}, info() {}, warn() {}, debug() {} };
