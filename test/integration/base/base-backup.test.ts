import { readdir } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { createBaseBackup } from '#features/recovery/base/create-base-backup';
import { planBaseBackup } from '#features/recovery/base/plan-base-backup';
import { newRunId } from '#kernel/run-id';
import { systemClock, toEpochMicros } from '#kernel/time';
import { parseWalFile } from '#kernel/wal-file';
import { listBases, readBase } from '#repository/catalogue';
import { type ArchivedCluster, backupTools, never, startArchivedCluster } from '#support/archived-cluster';

const walWaitMs = 20_000;

describe.each([15, 18] as const)('a base backup of PostgreSQL %i with two more tablespaces', (major) => {
  let archived: ArchivedCluster;
  beforeAll(async () => {
    archived = await startArchivedCluster({ major, kind: 'initdb', tablespaces: ['fast', 'slow'] });
    await archived.cluster.psql(`create table in_fast tablespace fast as select generate_series(1, 50000) n;
      create table in_slow tablespace slow as select generate_series(1, 1000) n`);
  });

  it('has one archive a tablespace, the server manifest, and every segment it needs', async () => {
    const sql = await archived.connect();
    const [before] = (
      await sql.query<{ now: string }>(`select to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as now`)
    ).rows;
    const runId = newRunId(systemClock.now());
    const { notes } = await planBaseBackup(
      sql,
      archived.repository,
      { runId, walWaitMs, label: undefined, maxRateKilobytes: undefined },
      never,
    );
    expect(notes?.join()).toContain('the tablespaces fast, slow');
    const manifest = await createBaseBackup(backupTools(archived, sql), { runId, walWaitMs });

    expect(await readBase(archived.repository, manifest.label, never)).toEqual(manifest);
    expect(manifest.tablespaces.map(({ archive }) => archive.name).sort()).toEqual(
      [...(await oidsOf(archived)).map((oid) => `${oid}.tar`), 'base.tar'].sort(),
    );
    expect(
      manifest.tablespaces
        .filter(({ location }) => location !== null)
        .map(({ location }) => location)
        .sort(),
    ).toEqual(['fast', 'slow'].map((name) => `${archived.cluster.home}/ts-${name}`));
    expect(manifest.backupManifest.rawBytes).toBeGreaterThan(1000);
    expect(manifest.systemId).toBe(archived.systemId);
    expect(manifest.pageChecksums).toBe(true);
    expect(manifest.requiredSettings.maxConnections).toBe(40);
    expect(toEpochMicros(manifest.startTime)).toBeGreaterThan(toEpochMicros(before?.now as string));
    expect(toEpochMicros(manifest.stopTime)).toBeGreaterThan(toEpochMicros(manifest.startTime));
    expect(BigInt(manifest.nextXid as string)).toBeGreaterThan(700n);
    const stored = (await readdir(`${archived.folder}/wal/${archived.systemId}/00000001`)).map((name) =>
      parseWalFile(name.replace('.zst', '')),
    );
    const names = stored.filter((file) => file?.kind === 'segment').map((file) => file?.name);
    expect(names).toContain(manifest.startSegment);
    expect(names).toContain(manifest.stopSegment);
    await sql.close();
  });

  it('refuses a label that is taken before anything is read', async () => {
    const sql = await archived.connect();
    const [{ label } = { label: '' }] = await listBases(archived.repository, never);
    await expect(
      createBaseBackup(backupTools(archived, sql), { runId: newRunId(systemClock.now()), label, walWaitMs }),
    ).rejects.toMatchObject({
      code: 'BACKUP_LABEL_TAKEN',
    });
    await sql.close();
  });
});

async function oidsOf({ cluster }: ArchivedCluster): Promise<number[]> {
  const rows = await cluster.psql<{ oid: number }>(`select oid from pg_tablespace where spcname in ('fast', 'slow')`);
  return rows.map(({ oid }) => oid);
}
