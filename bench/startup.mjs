// How long copilot-db takes to say something that needs no system, against bare Node, in one run on one machine.
import { spawnSync } from 'node:child_process';

const program = new URL('../bin/copilot-db.mjs', import.meta.url).pathname;
const cases = {
  'node -e 0': ['-e', '0'],
  'copilot-db --version': [program, '--version'],
  'copilot-db --help': [program, '--help'],
  'copilot-db explain --help': [program, 'explain', '--help'],
};

/** Interleaved rounds, so that whatever else the machine does falls on all cases alike; the lower quartile, which it touches least. @returns {Record<string, number>} milliseconds by case */
export function measureStartup(rounds = 21) {
  const samples = Object.fromEntries(Object.keys(cases).map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, args] of Object.entries(cases)) {
      const start = performance.now();
      const { status } = spawnSync(process.execPath, args, { stdio: 'ignore' });
      if (status !== 0) throw new Error(`${name} ended with ${status}`);
      samples[name].push(performance.now() - start);
    }
  }
  return Object.fromEntries(Object.entries(samples).map(([name, times]) => [name, times.sort((a, b) => a - b)[Math.floor(rounds / 4)]]));
}

/** Rows for scripts/bench.mjs. */
export default function run() {
  const quartiles = measureStartup();
  const bare = quartiles['node -e 0'];
  return Object.entries(quartiles).map(([name, ms]) => ({
    what: name,
    value: `${ms.toFixed(0)} ms`,
    ratio: (ms / bare).toFixed(2),
    against: 'bare node',
    goal: '<= 1.5',
  }));
}
