import { backupSpecs } from './backup/spec.ts';
import type { CommandSpec } from './command.ts';
import { configSpecs } from './config/spec.ts';
import { doctorSpecs } from './doctor/spec.ts';
import { explainSpecs } from './explain/spec.ts';
import { labSpecs } from './lab/spec.ts';
import { migrateSpecs } from './migrate/spec.ts';
import { repositorySpecs } from './repository/spec.ts';
import { restoreSpecs } from './restore/spec.ts';
import { runSpecs } from './run/spec.ts';
import { walSpecs } from './wal/spec.ts';

/** The whole tree on one screen. Specs are data; what a command does is loaded when it is called. */
export const commandSpecs: readonly CommandSpec[] = [
  ...doctorSpecs,
  ...labSpecs,
  ...migrateSpecs,
  ...repositorySpecs,
  ...backupSpecs,
  ...walSpecs,
  ...restoreSpecs,
  ...runSpecs,
  ...configSpecs,
  ...explainSpecs,
];
