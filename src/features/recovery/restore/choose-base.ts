import { OpsError } from '#kernel/errors';
import type { Moment } from '#kernel/time';
import type { BaseFacts } from '../windows/base-facts.ts';
import { newestTimelineOf, type SystemArchive, usableBases } from '../windows/walk-archive.ts';
import { describeTarget, type RestoreTarget } from './restore-target.ts';

export interface ChosenBase {
  base: BaseFacts;
  archive: SystemArchive;
  /** In words, for the plan. */
  why: string;
}

export interface BaseQuestion {
  target: RestoreTarget;
  bases: readonly BaseFacts[];
  archives: readonly SystemArchive[];
  now: Moment;
  /** The operator's own choice. */
  label?: string | undefined;
}

/**
 * The newest base backup that stopped *strictly before* the target: PostgreSQL itself takes an older target silently, as
 * "right after the backup".
 * @throws RESTORE_BASE_UNKNOWN, RESTORE_TARGET_IN_FUTURE, RESTORE_TARGET_TOO_EARLY, RESTORE_NOTHING_USABLE
 */
export function chooseBase(question: BaseQuestion): ChosenBase {
  const { target, archives, label } = question;
  refuseUnknownLabel(question);
  refuseFuture(target, question.now);
  const usable = archives
    .flatMap((archive) => usableBases(archive, question.bases).map((base) => ({ base, archive })))
    .filter(({ base }) => label === undefined || base.label === label)
    .sort((a, b) => (a.base.stoppedAt < b.base.stoppedAt ? -1 : 1));
  const oldest = usable[0];
  if (!oldest) throw nothingUsable(question);
  const chosen = usable.filter(({ base }) => target.kind === 'latest' || base.stoppedAt < target.at).at(-1);
  if (!chosen) throw tooEarly(question, oldest.base);
  return { ...chosen, why: reason(question, chosen.base) };
}

function reason({ target, label }: BaseQuestion, base: BaseFacts): string {
  if (label !== undefined) return 'named with --base';
  if (target.kind === 'latest') return 'the newest';
  return `the newest that stopped before the target, at ${base.stoppedAt}`;
}

function refuseUnknownLabel({ label, bases }: BaseQuestion): void {
  if (label === undefined || bases.some((base) => base.label === label)) return;
  throw new OpsError('RESTORE_BASE_UNKNOWN', {
    message: `There is no base backup ${label} in the repository`,
    detail: bases.length === 0 ? 'The repository holds no base backup' : `It holds ${bases.map((base) => base.label).join(', ')}`,
    details: { label, labels: bases.map((base) => base.label) },
  });
}

function refuseFuture(target: RestoreTarget, now: Moment): void {
  if (target.kind === 'latest' || target.at <= now) return;
  throw new OpsError('RESTORE_TARGET_IN_FUTURE', {
    message: `The target ${target.at} is in the future; it is now ${now}`,
    detail: 'A future target cannot be reached, and PostgreSQL would refuse to open after replaying everything',
    details: { target: target.at, now },
  });
}

function tooEarly({ target, label }: BaseQuestion, oldest: BaseFacts): OpsError {
  const which = label === undefined ? 'The oldest base backup' : 'The base backup';
  return new OpsError('RESTORE_TARGET_TOO_EARLY', {
    message: `${capital(describeTarget(target))} cannot be reached: no base backup stopped before it`,
    detail: `${which} ${oldest.label} stopped at ${oldest.stoppedAt}; only what is after that can be restored`,
    nextSteps: [
      `The earliest possible target is right after \`${oldest.stoppedAt}\``,
      ...(label === undefined ? [] : ['leave out --base, so that an older one can be chosen']),
    ],
    details: { base: oldest.label, earliestAfter: oldest.stoppedAt, ...(target.kind === 'time' ? { target: target.at } : {}) },
  });
}

function nothingUsable({ bases, archives, label }: BaseQuestion): OpsError {
  if (bases.length === 0) {
    return new OpsError('RESTORE_NOTHING_USABLE', {
      message: 'The repository holds no base backup that can be read',
      details: { bases: 0 },
    });
  }
  const ways = archives.map((archive) => `system ${archive.systemId} timeline ${newestTimelineOf(archive)}`).join(', ');
  return new OpsError('RESTORE_NOTHING_USABLE', {
    message:
      label === undefined
        ? 'No base backup lies on the way to the newest timeline'
        : `The base backup ${label} does not lie on the way to the newest timeline`,
    detail: `Recovery follows ${ways}; a backup that was taken after its timeline was left cannot be recovered along it`,
    details: { bases: bases.length, ...(label === undefined ? {} : { label }) },
  });
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
