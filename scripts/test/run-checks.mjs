import { join } from 'node:path';
import { repository } from './install-modules.mjs';
import { runProgram } from './run-program.mjs';

const bin = (name) => join(repository, 'node_modules/.bin', name);

/** What has to hold before any test is worth running; the build is what the end-to-end tests run. */
const checks = [
  ['lint', bin('biome'), ['check', '--diagnostic-level=error', '.']],
  ['types', bin('tsc'), ['-p', '.']],
  ['unused code', bin('knip'), ['--no-progress']],
  ['build', process.execPath, ['scripts/build.mjs']],
];

/** Runs every check, quietly unless it fails. @returns how many failed */
export async function runChecks(say) {
  let failed = 0;
  for (const [name, command, args] of checks) {
    const startedAt = Date.now();
    const { code, output } = await runProgram(command, args, { cwd: repository, quiet: true });
    const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
    if (code === 0) {
      say(`${name}: ok (${seconds} s)`);
      continue;
    }
    failed += 1;
    process.stdout.write(`${output.trimEnd().split('\n').slice(0, 200).join('\n')}\n`);
    say(`${name}: FAILED (${seconds} s)`);
  }
  return failed;
}
