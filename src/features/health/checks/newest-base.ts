import { elapsedMs } from '#kernel/time';
import { formatDuration } from '#kernel/units';
import { listBases } from '#repository/catalogue';
import type { Check } from '../check.ts';
import type { Subject } from '../subject.ts';

/** The seed takes a base backup every night; two hours of grace. What lies behind it has to be replayed in a recovery. */
const expectedEveryMs = 26 * 3_600_000;

export function newestBaseCheck({ name, open }: Subject['repositories'][number]): Check {
  return {
    id: `backup.${name}.newest-base`,
    area: 'backup',
    async look({ clock, signal }) {
      const bases = await listBases(await open(), signal);
      const broken = bases.filter((base) => 'problem' in base);
      const newest = bases.find((base) => 'manifest' in base);
      const fix = `copilot-db backup create --repository ${name}`;
      if (!newest) {
        return { status: 'failed', evidence: 'there is no base backup', impact: 'nothing can be restored: WAL alone is no backup', fix };
      }
      const ageMs = elapsedMs(newest.manifest.stopTime, clock.now());
      const evidence = `${newest.label}, ${formatDuration(Math.max(0, ageMs))} old`;
      if (broken.length > 0) {
        const labels = broken.map(({ label }) => label).join(', ');
        return {
          status: 'failed',
          evidence: `${evidence}; unreadable: ${labels}`,
          impact: 'a backup that was counted on cannot be used',
          fix,
        };
      }
      if (ageMs <= expectedEveryMs) return { status: 'ok', evidence };
      return { status: 'warning', evidence, impact: 'a recovery replays all WAL since then, so it takes longer every day', fix };
    },
  };
}
