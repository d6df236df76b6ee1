/**
 * One exit code per reaction of the operator; the cause is the error's string code.
 * 126 and 127 belong to the shell and are never used here. What PostgreSQL itself runs goes
 * through bin/copilot-db-wal and follows PostgreSQL's contract, not this table.
 */
export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  findings: 3,
  partial: 4,
  refused: 5,
  busy: 6,
  unavailable: 7,
  integrity: 8,
  deadline: 124,
  hangup: 129,
  interrupted: 130,
  terminated: 143,
} as const;

export type ExitName = keyof typeof exitCodes;

/** What each exit code asks of the reader; shown by `--help` and in the reference. */
export const exitMeanings: Record<ExitName, string> = {
  ok: 'done, durably',
  failed: 'failed for a reason that is not classified; read the error',
  usage: 'fix the command or the configuration; nothing was touched',
  findings: 'the check ran and found something',
  partial: 'finished, but some items failed; the result lists them',
  refused: 'a guard said no: confirmation, name, plan changed, unsafe target',
  busy: 'another run holds the lock; it is named',
  unavailable: 'a system it depends on cannot be reached; a retry may help',
  integrity: 'content is wrong or missing; page a human, do not retry',
  deadline: 'the deadline passed',
  hangup: 'ended by SIGHUP',
  interrupted: 'ended by Ctrl-C',
  terminated: 'ended by SIGTERM',
};
