import { defineConfig } from 'vitest/config';

const minute = 60_000;

/** One project a layer. Layers with real servers run few files at a time: two cores carry about two clusters. */
const layers = [
  { name: 'unit', testTimeout: 10_000, hookTimeout: 10_000 },
  { name: 'contract', testTimeout: minute, hookTimeout: 2 * minute, maxWorkers: 2 },
  { name: 'cli', testTimeout: 30_000, hookTimeout: minute },
  { name: 'integration', testTimeout: 2 * minute, hookTimeout: 2 * minute, maxWorkers: 2 },
  { name: 'e2e', testTimeout: 2 * minute, hookTimeout: 2 * minute, maxWorkers: 2 },
  { name: 'chaos', testTimeout: 3 * minute, hookTimeout: 2 * minute, maxWorkers: 2 },
];

export default defineConfig({
  test: {
    globalSetup: ['./test/support/global-setup.ts'],
    projects: layers.map(({ name, ...limits }, at) => ({
      extends: true as const,
      test: {
        name,
        include: [`test/${name}/**/*.test.ts`],
        setupFiles: ['./test/support/after-file.ts'],
        environment: 'node',
        pool: 'forks',
        // One layer after the other, also when vitest is started by hand for all of them.
        sequence: { groupOrder: at },
        ...limits,
      },
    })),
  },
});
