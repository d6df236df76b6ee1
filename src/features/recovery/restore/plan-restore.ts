import type { Plan, Step } from '#kernel/plan';
import { formatBytes } from '#kernel/units';
import type { TransactionEnd } from '../windows/commit-times.ts';
import { newestTimelineOf } from '../windows/walk-archive.ts';
import type { ChosenBase } from './choose-base.ts';
import type { TargetAction } from './recovery-settings.ts';
import type { RequiredWal, TargetPosition } from './required-wal.ts';
import { describeTarget, type RestoreTarget } from './restore-target.ts';

/** What the decision rests on; hashed, so nothing here may move while production goes on archiving. */
export interface RestoreFacts {
  repository: string;
  base: string;
  systemId: string;
  postgresMajor: number;
  target: RestoreTarget;
  action: TargetAction;
  /** The timeline that recovery follows to its end. */
  timeline: number;
  firstSegment: string;
  /** Only when the target's place in the WAL is known. */
  lastSegment?: string;
  lastKept?: TransactionEnd;
  firstLost?: TransactionEnd;
  /** Of the files, not of the WAL. */
  sizeBytes: number;
  dataDir: string;
  /** An earlier restore's unfinished directory is cleared first. */
  hasLeftover: boolean;
  /** An earlier run of the same command finished the files; only the server is left to do. */
  isComplete: boolean;
  restoreCommand: string;
  start: boolean;
  /** Who owns the files and runs the server. */
  owner: string;
  /** Where the server's programs are; only with `start`. */
  binDir?: string;
}

export interface RestoreQuestion {
  chosen: ChosenBase;
  wal: RequiredWal;
  position: TargetPosition | undefined;
  target: RestoreTarget;
  action: TargetAction;
  repository: string;
  sizeBytes: number;
  freeBytes: number | undefined;
  dataDir: string;
  hasLeftover: boolean;
  restoreCommand: string;
  owner: string;
  /** Set when the server is to be started: the programs to use. */
  start: { binDir: string; version: string } | undefined;
  /** Why commit times are not known, if they are not. */
  blindness: string | undefined;
}

/** The plan of a restore from all that was found out. Pure. */
export function planRestore(question: RestoreQuestion): Plan<RestoreFacts> {
  const { chosen, target, dataDir, start } = question;
  return {
    summary: `${dataDir} will hold the cluster as of ${describeTarget(target)}${start ? ', running' : ''}`,
    steps: steps(question),
    facts: facts(question),
    notes: notes(question, chosen),
  };
}

function facts({ chosen, wal, position, ...question }: RestoreQuestion): RestoreFacts {
  return {
    repository: question.repository,
    base: chosen.base.label,
    systemId: chosen.base.systemId,
    postgresMajor: chosen.base.postgresMajor,
    target: question.target,
    action: question.action,
    timeline: newestTimelineOf(chosen.archive),
    firstSegment: wal.first,
    ...(wal.isEndKnown ? { lastSegment: wal.last } : {}),
    ...(wal.isEndKnown && position?.lastKept ? { lastKept: position.lastKept } : {}),
    ...(wal.isEndKnown && position?.firstLost ? { firstLost: position.firstLost } : {}),
    sizeBytes: question.sizeBytes,
    dataDir: question.dataDir,
    hasLeftover: question.hasLeftover,
    isComplete: false,
    restoreCommand: question.restoreCommand,
    start: question.start !== undefined,
    owner: question.owner,
    ...(question.start === undefined ? {} : { binDir: question.start.binDir }),
  };
}

function steps({ chosen, dataDir, hasLeftover, sizeBytes, owner, restoreCommand, start, target, action }: RestoreQuestion): Step[] {
  const { base, why } = chosen;
  return [
    ...(hasLeftover ? [{ id: 'clear', title: `Clear what an earlier restore left unfinished in ${dataDir}` }] : []),
    { id: 'directory', title: `Create ${dataDir} for ${owner}, mode 0700` },
    {
      id: 'extract',
      title: `Extract base backup ${base.label} (${why}), ${formatBytes(sizeBytes)}, checking every object against its SHA-256`,
      facts: { base: base.label, sizeBytes },
    },
    { id: 'configure', title: `Write the recovery settings; restore_command = ${restoreCommand}` },
    { id: 'complete', title: 'Put global/pg_control under its name, after all else is on disk' },
    ...(start
      ? [
          {
            id: 'start',
            title: `Start PostgreSQL ${start.version} of ${start.binDir} on a socket of its own, without network or archiving`,
          },
          { id: 'recover', title: `Wait until it is proven that recovery reached ${describeTarget(target)}, then ${action}` },
        ]
      : []),
  ];
}

function notes(
  { wal, position, freeBytes, target, blindness, chosen, start, dataDir }: RestoreQuestion,
  { archive }: ChosenBase,
): string[] {
  const newestTimeline = newestTimelineOf(archive);
  return [
    `WAL: ${wal.first} to ${wal.last}${wal.isEndKnown ? '' : ' (the newest so far)'}, ${wal.count} segment${wal.count === 1 ? '' : 's'}, all there; timeline ${chosen.base.timeline}${newestTimeline === chosen.base.timeline ? '' : ` to ${newestTimeline}`}`,
    ...transactionNotes(target, position),
    ...(blindness === undefined ? [] : [blindness]),
    ...(freeBytes === undefined ? [] : [`free space at ${dataDir}: ${formatBytes(freeBytes)}`]),
    ...(start ? [] : ['the server is not started: recovery begins when somebody starts it']),
  ];
}

function transactionNotes(target: RestoreTarget, position: TargetPosition | undefined): string[] {
  if (position === undefined) return [];
  const { lastKept, firstLost } = position;
  if (target.kind === 'latest') return lastKept ? [`newest transaction so far: ${describeEnd(lastKept)}`] : [];
  return [
    lastKept ? `last kept: ${describeEnd(lastKept)}` : 'last kept: none after the base backup',
    ...(firstLost ? [`first lost: ${describeEnd(firstLost)}`] : []),
  ];
}

function describeEnd({ kind, xid, at, lsn }: TransactionEnd): string {
  return `transaction ${xid}, which ${kind === 'commit' ? 'committed' : 'was rolled back'} at ${at} (${lsn})`;
}
