import type { Subject } from './subject.ts';

export const areas = ['config', 'postgres', 'wal', 'repository', 'backup', 'programs'] as const;
export type Area = (typeof areas)[number];

/** `unknown`: it could not be looked at, so nothing is claimed. */
export type Status = 'ok' | 'warning' | 'failed' | 'unknown';

/** What a check saw. An `ok` may carry an impact: something to know, nothing to mend. */
export interface Finding {
  status: Status;
  /** What was seen, with its numbers. */
  evidence: string;
  /** What it means for the data. */
  impact?: string;
  /** What to do, as it can be pasted. */
  fix?: string;
}

export interface Check {
  /** Stable: `wal.round-trip`. One per repository carries its name: `repository.main.owner`. */
  id: string;
  area: Area;
  /** What it throws is told as unknown. */
  look(subject: Subject): Promise<Finding>;
}

export interface CheckResult {
  id: string;
  area: Area;
  status: Status;
  evidence: string;
  impact: string | null;
  fix: string | null;
}
