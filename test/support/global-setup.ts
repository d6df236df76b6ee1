import { openTestRoot } from '../../scripts/test/test-root.mjs';

/** Makes the root of a run, unless `npm test` has made one for all its layers. Runs once a project; the first one owns it. */
export default function setup(): (() => Promise<void>) | undefined {
  if (process.env.COPILOT_DB_TEST_ROOT !== undefined) return undefined;
  const root = openTestRoot();
  process.env.COPILOT_DB_TEST_ROOT = root.path;
  return async () => {
    const left = await root.close();
    for (const entry of left) process.stderr.write(`left running by the tests, killed: ${entry.pid} ${entry.commandLine}\n`);
    if (left.length > 0) process.exitCode = 1;
  };
}
