import { expect, test } from 'vitest';
import { measureStartup } from '../../bench/startup.mjs';

test('saying something that needs no system costs at most half of bare Node again', { timeout: 120_000 }, () => {
  const quartiles: Record<string, number> = measureStartup(15);
  const bare = quartiles['node -e 0'] as number;
  expect((quartiles['copilot-db --version'] as number) / bare).toBeLessThan(1.5);
  expect((quartiles['copilot-db --help'] as number) / bare).toBeLessThan(1.5);
});
