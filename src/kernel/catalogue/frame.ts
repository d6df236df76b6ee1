import { defineErrors } from './entry.ts';

/** What the frame itself can say: usage, configuration, guards, locks, runs. */
export const frameErrors = defineErrors({
  UNEXPECTED: {
    exit: 'failed',
    title: 'unexpected failure',
    explain:
      'Something failed that no part of the program foresaw. It is most likely a bug. A report file with the version, the command, the run id and the stack was written; it holds no secrets.',
    nextSteps: ['Read the report file named above', 'Run the same command again with `--verbose`'],
  },
  USAGE_INVALID: {
    exit: 'usage',
    title: 'the command line is wrong',
    explain: 'A command, option or value is not known or does not have the right form. Nothing was touched.',
    nextSteps: ['`copilot-db --help`'],
  },
  USAGE_MISSING: {
    exit: 'usage',
    title: 'a value is missing',
    explain: 'On a terminal the command asks for it. Without a terminal nothing is guessed, so it has to be given as an option.',
    nextSteps: ['Give the option that the message names'],
  },
  TIME_NAIVE: {
    exit: 'usage',
    title: 'a time without an offset',
    explain:
      'A time without an offset means another moment on another host, and a restore that is wrong by hours. Write `Z` for UTC or an offset such as `+02:00`. Zone names and abbreviations are ambiguous and are not read.',
    nextSteps: ['Write the time with an offset, for example `2026-11-23T17:55:00Z`'],
  },
  CONFIG_NOT_FOUND: {
    exit: 'usage',
    title: 'no configuration',
    explain:
      'The command needs a configuration file. It is looked for at `--config`, `COPILOT_DB_CONFIG`, `./copilot-db.yaml` and `/etc/copilot-db/copilot-db.yaml`, in this order.',
    nextSteps: [
      'Give the file with `--config PATH`, or put it at `./copilot-db.yaml` or `/etc/copilot-db/copilot-db.yaml`',
      '`copilot-db lab up` makes a private data layer with a configuration to try things on',
    ],
  },
  CONFIG_UNREADABLE: {
    exit: 'usage',
    title: 'the configuration cannot be read',
    explain: 'The file exists but the operating system refuses to hand it out.',
    nextSteps: ['Check the owner and the mode of the file and of the directories above it'],
  },
  CONFIG_SYNTAX: {
    exit: 'usage',
    title: 'the configuration is not YAML',
    explain:
      'The parser stopped at the place that the message names. Often the indentation is off, or a value with a colon lacks its quotes.',
    nextSteps: ['Mend the line that is named'],
  },
  CONFIG_INVALID: {
    exit: 'usage',
    title: 'the configuration has wrong values',
    explain:
      'Each problem is named with file, line and the value that is expected. Unknown keys are errors, because a misspelt retention or encryption would otherwise silently not hold.',
    nextSteps: ['Mend the lines that are named', 'See which settings there are: `copilot-db config schema`'],
  },
  CONFIG_SECTION_MISSING: {
    exit: 'usage',
    title: 'the configuration lacks a section',
    explain: 'Every section is optional, but this command works on a system whose section is not there.',
    nextSteps: ['Add the section that is named'],
  },
  SECRET_UNREADABLE: {
    exit: 'usage',
    title: 'a secret cannot be read',
    explain:
      'A password file is missing or unreadable, or the command that prints a secret failed, or others could rewrite the file that names the command.',
    nextSteps: ['Check the path, the owner and the mode that are named'],
  },
  CONFIRMATION_REQUIRED: {
    exit: 'refused',
    title: 'a confirmation is missing',
    explain:
      'The command changes something that cannot simply be taken back. On a terminal it asks. Without one it refuses rather than guesses: careful acts want --yes, destructive ones want the name with --confirm; --yes never covers those.',
    nextSteps: ['Look at the plan with `--dry-run`', 'Then add the flag that the message names'],
  },
  CONFIRMATION_WRONG: {
    exit: 'refused',
    title: 'another name was confirmed',
    explain:
      'The name that was typed or given with --confirm is not the name of what the plan would destroy. Perhaps the command aims at another system than you think.',
    nextSteps: ['Look at the plan with `--dry-run` and compare the name'],
  },
  PLAN_MOVED: {
    exit: 'refused',
    title: 'the world changed since the plan',
    explain:
      'The plan that was approved and the plan made under the lock differ, so what was approved is not what would be done. Nothing was changed.',
    nextSteps: ['Make a new plan with `--plan-out FILE`, look at it, and execute it with `--plan FILE`'],
  },
  PLAN_UNREADABLE: {
    exit: 'usage',
    title: 'the plan file cannot be used',
    explain: 'The file is missing, is no plan, or is the plan of another command or another version of the format.',
    nextSteps: ['Write a plan with `--plan-out FILE`'],
  },
  LOCK_HELD: {
    exit: 'busy',
    title: 'another run holds the lock',
    explain: 'Two runs of this kind must not work at the same time. The holder is named; it was left alone.',
    nextSteps: ['Wait for it, for example with `--lock-wait 10m`', 'Look at it with `copilot-db run show RUN`'],
  },
  LEASE_LOST: {
    exit: 'busy',
    title: 'the lease was lost',
    explain:
      'A run holds a lease while it works and shows that it lives by a beat. This run was silent for so long that another one took the lease. Nothing is published without it, so that two runs never publish against each other.',
    nextSteps: ['Run the same command again when the other run is done'],
  },
  JOURNAL_UNWRITABLE: {
    exit: 'failed',
    title: 'the journal cannot be written',
    explain:
      'Every change is journalled before it begins, so that a killed run can be understood and resumed. Without a journal nothing is changed.',
    nextSteps: ['Check owner, mode and free space of the state directory', 'Name another one with `COPILOT_DB_STATE_DIR`'],
  },
  RUN_NOT_FOUND: {
    exit: 'usage',
    title: 'no such run',
    explain: 'The state directory of this host has no journal of that name. Runs of other hosts are on those hosts.',
    nextSteps: ['`copilot-db run list`'],
  },
  DEADLINE_PASSED: {
    exit: 'deadline',
    title: 'the deadline passed',
    explain:
      'The time given with --timeout, or the default of this act, was over before it was done. What was begun was stopped and cleaned up.',
    nextSteps: ['Give more time with `--timeout`'],
  },
  CANCELLED: {
    exit: 'interrupted',
    title: 'cancelled',
    explain: 'The run was stopped by a signal. What was begun was stopped and cleaned up; the message says what remains.',
    nextSteps: ['Run the same command again'],
  },
  CODE_UNKNOWN: {
    exit: 'usage',
    title: 'no such error code',
    explain: 'The catalogue has no code of that name. Codes are the words in brackets behind an error.',
    nextSteps: ['`copilot-db explain` lists all codes'],
  },
});
