// Started by test-root.mjs with a pipe to its stdin: the pipe closes when the owner ends, then what the owner left is swept.
import { existsSync } from 'node:fs';
import { sweepTestRoot } from './test-root.mjs';

const root = process.argv[2];

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});
process.stdin.resume();
process.stdin.on('close', async () => {
  if (existsSync(root)) await sweepTestRoot(root, { byEnvironment: true });
});
