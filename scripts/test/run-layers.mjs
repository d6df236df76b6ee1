import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { repository } from './install-modules.mjs';
import { runProgram } from './run-program.mjs';

const minute = 60_000;

/** In the order in which they tell most for the least time; a layer that takes longer than this hangs. The deep tier has ten times that. */
const layers = [
  { name: 'unit', limitMs: 4 * minute },
  { name: 'contract', limitMs: 6 * minute },
  { name: 'cli', limitMs: 4 * minute },
  { name: 'integration', limitMs: 15 * minute },
  { name: 'e2e', limitMs: 10 * minute },
  { name: 'chaos', limitMs: 10 * minute },
];

export const layerNames = layers.map((layer) => layer.name);

/** Which layers to run, each with the files asked for; all of them when nothing is asked for. */
export function chooseLayers(wanted) {
  const files = wanted.filter((word) => !layerNames.includes(word));
  return layers.flatMap((layer) => {
    const filesOfLayer = files.filter((file) => file.replace(/^\.\//, '').startsWith(`test/${layer.name}/`));
    const isWanted = wanted.length === 0 || wanted.includes(layer.name) || filesOfLayer.length > 0;
    return isWanted ? [{ ...layer, files: filesOfLayer }] : [];
  });
}

/** Counts of a layer from vitest's JSON report. What failed outside a test (an import, a hook, a time limit) counts as one failed. */
export function countReport(report, succeeded) {
  if (report === undefined) return { passed: 0, failed: 1, skipped: 0 };
  const tests = report.testResults.flatMap((file) => file.assertionResults);
  const count = (...states) => tests.filter((test) => states.includes(test.status)).length;
  const counts = { passed: count('passed'), failed: count('failed'), skipped: count('pending', 'skipped', 'todo', 'disabled') };
  const brokenFiles = report.testResults.filter(
    (file) => file.status === 'failed' && file.assertionResults.every((test) => test.status !== 'failed'),
  );
  counts.failed += brokenFiles.length;
  if (counts.failed === 0 && (!succeeded || counts.passed === 0)) counts.failed = 1;
  return counts;
}

async function runLayer({ name, limitMs, files }, { deep, root }) {
  const reportPath = join(root, `report-${name}.json`);
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${reportPath}`, '--silent=passed-only'];
  const { code, isTimeout } = await runProgram(
    process.execPath,
    ['node_modules/vitest/vitest.mjs', 'run', '--project', name, ...reporters, ...files],
    {
      cwd: repository,
      limitMs: deep ? 10 * limitMs : limitMs,
      env: {
        ...process.env,
        COPILOT_DB_TEST_ROOT: root,
        COPILOT_DB_TEST_TIER: deep ? 'deep' : 'default',
        ...(process.stdout.isTTY ? {} : { NO_COLOR: '1' }),
      },
    },
  );
  const report = existsSync(reportPath) ? JSON.parse(readFileSync(reportPath, 'utf8')) : undefined;
  return { counts: countReport(report, code === 0), isTimeout };
}

/** Runs the layers one after the other. @returns the sum of their counts */
export async function runLayers({ wanted, deep, root, say }) {
  const chosen = chooseLayers(wanted);
  if (chosen.length === 0) {
    say(`FAILED: nothing is called ${wanted.join(', ')}. There are the layers ${layerNames.join(', ')} and the files below test/`);
    return { passed: 0, failed: 1, skipped: 0 };
  }
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const layer of chosen) {
    const startedAt = Date.now();
    say(`${layer.name} tests`);
    const { counts, isTimeout } = await runLayer(layer, { deep, root });
    const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
    const why = isTimeout ? ', stopped at its time limit' : counts.passed === 0 ? ', ran nothing' : '';
    say(`${layer.name}: ${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped${why} (${seconds} s)`);
    for (const name of Object.keys(total)) total[name] += counts[name];
  }
  return total;
}
