import type { Area, Check } from './check.ts';
import { archiveCommandCheck } from './checks/archive-command.ts';
import { archiveModeCheck } from './checks/archive-mode.ts';
import { archiveTimeoutCheck } from './checks/archive-timeout.ts';
import { archiverCheck } from './checks/archiver.ts';
import { dataChecksumsCheck } from './checks/data-checksums.ts';
import { newestBaseCheck } from './checks/newest-base.ts';
import { compressorCheck, tarCheck } from './checks/programs.ts';
import { putIfAbsentCheck } from './checks/put-if-absent.ts';
import { replicationCheck } from './checks/replication.ts';
import { repositoryOwnerCheck } from './checks/repository-owner.ts';
import { repositoryReachableCheck } from './checks/repository-reachable.ts';
import { roundTripCheck } from './checks/round-trip.ts';
import { configModeCheck, secretModeCheck } from './checks/secret-modes.ts';
import { serverProgramsCheck } from './checks/server-programs.ts';
import { serverReachableCheck } from './checks/server-reachable.ts';
import { walLevelCheck } from './checks/wal-level.ts';
import type { Subject } from './subject.ts';

/** Every check there is, in the order of the report. A feature that comes adds its line here. */
export function checksFor(subject: Subject, chosen: readonly Area[]): Check[] {
  const { repositories, secretFiles } = subject;
  const all: Check[] = [
    configModeCheck,
    ...secretFiles.map(secretModeCheck),
    ...(subject.postgres ? [serverReachableCheck, dataChecksumsCheck, walLevelCheck, replicationCheck] : []),
    ...(subject.postgres ? [archiveModeCheck, archiveCommandCheck, archiveTimeoutCheck, archiverCheck] : []),
    ...(subject.postgres ? repositories.map(roundTripCheck) : []),
    ...repositories.flatMap((repository) => [repositoryReachableCheck(repository), putIfAbsentCheck(repository)]),
    ...(subject.postgres ? repositories.map(repositoryOwnerCheck) : []),
    ...repositories.map(newestBaseCheck),
    ...(repositories.length > 0 ? [compressorCheck, tarCheck] : []),
    ...(subject.postgres ? [serverProgramsCheck] : []),
  ];
  return chosen.length === 0 ? all : all.filter((check) => chosen.includes(check.area));
}
