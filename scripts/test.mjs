// npm test [-- [--deep] [LAYER | FILE | DIRECTORY]…]: everything that a fresh clone needs, then every check and every test.
// Node built-ins only: it runs before `npm ci`.

import { installModules } from './test/install-modules.mjs';
import { installServers } from './test/install-servers.mjs';
import { runChecks } from './test/run-checks.mjs';
import { layerNames, runLayers } from './test/run-layers.mjs';
import { openTestRoot } from './test/test-root.mjs';

const say = (line) => process.stdout.write(`== ${line}\n`);
const args = process.argv.slice(2);
const deep = args.includes('--deep');
const wanted = args.filter((arg) => arg !== '--deep');
const option = wanted.find((arg) => arg.startsWith('-'));

async function main() {
  if (option !== undefined) {
    process.stderr.write(`${option} is no option of this script. Usage: npm test [-- [--deep] [${layerNames.join(' | ')} | FILE]…]\n`);
    return 2;
  }
  const servers = installServers(say);
  if (servers === 'cannot') return 2;
  if (servers === 'failed' || !installModules(say)) {
    process.stdout.write('0 passed, 1 failed, 0 skipped\n');
    return 1;
  }

  const root = openTestRoot();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.once(signal, async () => {
      await root.close({ byEnvironment: true });
      process.kill(process.pid, signal);
    });
  }

  // Someone who asks for a layer or a file wants that alone, and soon.
  const failedChecks = wanted.length === 0 ? await runChecks(say) : 0;
  const total = await runLayers({ wanted, deep, root: root.path, say });
  total.failed += failedChecks;

  const left = await root.close({ byEnvironment: true });
  for (const entry of left) say(`FAILED: left running by the tests, now killed: ${entry.pid} ${entry.commandLine || entry.name}`);
  total.failed += left.length;
  process.stdout.write(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped\n`);
  return total.failed === 0 && total.passed > 0 ? 0 : 1;
}

process.exitCode = await main();
