import { describe, expect, it } from 'vitest';
import type { Check } from '#features/health/check';
import { archiveCommandCheck } from '#features/health/checks/archive-command';
import { archiveModeCheck } from '#features/health/checks/archive-mode';
import { archiveTimeoutCheck } from '#features/health/checks/archive-timeout';
import { archiverCheck } from '#features/health/checks/archiver';
import { dataChecksumsCheck } from '#features/health/checks/data-checksums';
import { serverReachableCheck } from '#features/health/checks/server-reachable';
import { walLevelCheck } from '#features/health/checks/wal-level';
import { runChecks } from '#features/health/run-checks';
import type { ServerState, Subject } from '#features/health/subject';
import { OpsError } from '#kernel/errors';
import { systemClock } from '#kernel/time';

type Change = Omit<Partial<ServerState>, 'facts'> & { facts?: Partial<ServerState['facts']> };

const wrapper = '/opt/copilot-db/bin/copilot-db-wal';
const configPath = '/etc/copilot-db/copilot-db.yaml';

function subject(change: Change = {}, failure?: OpsError): Subject {
  const facts = {
    systemId: '7711448655852810007',
    version: '15.18',
    major: 15,
    inRecovery: false,
    archiveMode: 'on',
    archiveCommandEmpty: false,
    archiveLibrary: '',
    pageChecksums: true,
    dataDirectory: '/data',
    ...change.facts,
  };
  const state = {
    archiveCommand: `${wrapper} push --config ${configPath} "%p"`,
    archiveTimeoutSeconds: 60,
    walLevel: 'replica',
    lastArchivedWal: '000000010000000000000003',
    lastArchivedAt: '2026-11-23T17:00:00.000000Z',
    lastFailedWal: null,
    lastFailedAt: null,
    failedCount: 0,
    ...change,
    facts,
  } as ServerState;
  return {
    configPath,
    secretFiles: [],
    configHoldsSecret: false,
    postgres: {
      client: () => Promise.reject(new Error('not in this test')),
      server: () => (failure ? Promise.reject(failure) : Promise.resolve(state)),
      binDir: undefined,
    },
    repositories: [],
    wrapper,
    rpoMinutes: 60,
    walWaitMs: 1000,
    clock: systemClock,
    runId: 'run',
    env: {},
    signal: new AbortController().signal,
  };
}

const cases: readonly (readonly [Check, Change, string, RegExp])[] = [
  [serverReachableCheck, {}, 'ok', /PostgreSQL 15.18, primary/],
  [serverReachableCheck, { facts: { inRecovery: true } }, 'ok', /in recovery/],
  [serverReachableCheck, { facts: { major: 14, version: '14.1' } }, 'warning', /14.1/],
  [dataChecksumsCheck, {}, 'ok', /on/],
  [dataChecksumsCheck, { facts: { pageChecksums: false } }, 'warning', /off/],
  [walLevelCheck, {}, 'ok', /replica/],
  [walLevelCheck, { walLevel: 'minimal' }, 'failed', /minimal/],
  [archiveModeCheck, { facts: { archiveMode: 'always' } }, 'ok', /always/],
  [archiveModeCheck, { facts: { archiveMode: 'off' } }, 'failed', /off/],
  [archiveTimeoutCheck, {}, 'ok', /60 s/],
  [archiveTimeoutCheck, { archiveTimeoutSeconds: 0 }, 'warning', / 0 s/],
  [archiveTimeoutCheck, { archiveTimeoutSeconds: 7200 }, 'warning', /7200 s; .* 60 min/],
  [archiverCheck, { lastArchivedWal: null, lastArchivedAt: null }, 'ok', /nothing archived yet/],
  [archiverCheck, { lastFailedWal: 'x', lastFailedAt: '2026-11-23T16:00:00.000000Z', failedCount: 2 }, 'ok', /2 failures before/],
  [archiverCheck, { lastFailedWal: 'x', lastFailedAt: '2026-11-23T18:00:00.000000Z', failedCount: 2 }, 'failed', /last failed x/],
  [archiverCheck, { lastArchivedAt: null, lastFailedWal: 'x', lastFailedAt: '2026-11-23T18:00:00.000000Z' }, 'failed', /last failed x/],
  [archiveCommandCheck, {}, 'ok', /push --config/],
  [archiveCommandCheck, { facts: { archiveCommandEmpty: true } }, 'failed', /empty/],
  [archiveCommandCheck, { facts: { archiveLibrary: 'basic_archive' } }, 'failed', /basic_archive/],
  [archiveCommandCheck, { archiveCommand: 'cp %p /archive/%f' }, 'failed', /cp %p/],
  [archiveCommandCheck, { archiveCommand: `${wrapper} push --config ${configPath} %f` }, 'failed', /%f/],
  [archiveCommandCheck, { archiveCommand: `copilot-db-wal push --config ${configPath} %p` }, 'failed', /copilot-db-wal/],
  [archiveCommandCheck, { archiveCommand: `${wrapper} push --config copilot-db.yaml %p` }, 'failed', /copilot-db.yaml/],
  [archiveCommandCheck, { archiveCommand: `${wrapper} push %p` }, 'failed', /push/],
  [archiveCommandCheck, { archiveCommand: `${wrapper} push --config=/other.yaml %p` }, 'warning', /other/],
  [archiveCommandCheck, { archiveCommand: `/usr/bin/copilot-db-wal push --config ${configPath} %p` }, 'warning', /usr/],
  [archiveCommandCheck, { archiveCommand: `${wrapper} push --config ${configPath} %p || true` }, 'warning', /true/],
];

describe('checks of the server', () => {
  it.each(cases.map(([check, change, status, evidence]) => [check.id, JSON.stringify(change), status, check, change, evidence] as const))(
    '%s with %s is %s',
    async (_, __, status, check, change, evidence) => {
      const finding = await check.look(subject(change));
      expect(finding).toMatchObject({ status, evidence: expect.stringMatching(evidence) });
      if (status !== 'ok') expect(finding.impact).toBeTruthy();
    },
  );
});

describe('running checks', () => {
  const unreachable = new OpsError('POSTGRES_UNREACHABLE', { message: 'nobody listens' });

  it('says failed where the server was asked for, and unknown where something else needs it', async () => {
    const [server, level] = await runChecks([serverReachableCheck, walLevelCheck], subject({}, unreachable), 1000);
    expect(server).toMatchObject({ status: 'failed', evidence: expect.stringContaining('POSTGRES_UNREACHABLE') });
    expect(level).toMatchObject({ id: 'postgres.wal-level', status: 'unknown', evidence: expect.stringContaining('nobody listens') });
  });

  it('gives every check its own deadline', async () => {
    const hanging: Check = { id: 'x.hangs', area: 'config', look: () => new Promise(() => {}) };
    const [hung, level] = await runChecks([hanging, walLevelCheck], subject(), 50);
    expect(hung).toMatchObject({ status: 'unknown', evidence: 'no answer within 0.05 s' });
    expect(level).toMatchObject({ status: 'ok' });
  });
});
