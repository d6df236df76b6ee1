import { quoteSetting } from '#platform/server-files';
import type { RestoreTarget } from './restore-target.ts';

export type TargetAction = 'promote' | 'pause' | 'shutdown';

export interface RecoveryQuestion {
  target: RestoreTarget;
  action: TargetAction;
  /** 'current' stays on the base backup's timeline; a number leads to that one and to no newer. */
  timeline: 'current' | number;
  restoreCommand: string;
  /** One line for whoever opens the file. */
  origin: string;
}

/**
 * The whole of postgresql.auto.conf. What an earlier restore or ALTER SYSTEM left there is not carried over, and every target
 * is emptied before the one is set: after it, PostgreSQL refuses with "multiple recovery targets specified".
 */
export function recoverySettings(question: RecoveryQuestion): string {
  const { target } = question;
  const settings: [string, string][] = [
    ...otherTargets.map((name): [string, string] => [`recovery_target${name}`, '']),
    ...(target.kind === 'time' ? [['recovery_target_time', postgresTime(target.at)] satisfies [string, string]] : []),
    ['recovery_target_inclusive', target.kind === 'time' && target.exclusive ? 'off' : 'on'],
    ['recovery_target_action', question.action],
    ['recovery_target_timeline', String(question.timeline)],
    ['restore_command', question.restoreCommand],
    // The copy must not touch the world of the original.
    ['archive_mode', 'off'],
    ['archive_command', ''],
    ['archive_cleanup_command', ''],
    ['recovery_end_command', ''],
    ['primary_conninfo', ''],
    ['primary_slot_name', ''],
    ['hot_standby', 'on'],
    // A delayed standby's setting would make a restore wait for hours.
    ['recovery_min_apply_delay', '0'],
    ['synchronous_standby_names', ''],
  ];
  return [`# ${question.origin}`, ...settings.map(([name, value]) => `${name} = ${quoteSetting(value)}`), ''].join('\n');
}

const otherTargets = ['', '_name', '_time', '_xid', '_lsn'];

/** With an offset in digits: zone abbreviations depend on the reader's settings. */
function postgresTime(moment: string): string {
  return moment.replace('T', ' ').replace('Z', '+00');
}
