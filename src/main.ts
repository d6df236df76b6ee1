import { userInfo } from 'node:os';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCli } from '#cli/run-cli';
import { Stop } from '#cli/stop';
import { commandSpecs } from '#commands/index';
import { systemClock } from '#kernel/time';
import { openTerminal } from '#ui/open-terminal';
import { version } from './version.ts';

/** The process edge: the only file that touches argv, the environment, the streams, signals and the exit code. */
const controller = new AbortController();
const stops = { SIGHUP: 'hangup', SIGINT: 'interrupted', SIGTERM: 'terminated' } as const;
const exits = { SIGHUP: 129, SIGINT: 130, SIGTERM: 143 } as const;

for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    if (controller.signal.aborted) process.exit(exits[signal]);
    process.stderr.write('\nstopping cleanly; once more to stop at once.\n');
    controller.abort(new Stop(stops[signal]));
  });
}
// Warnings of Node and of libraries are no result and no news for an operator; cron would mail them every night.
process.removeAllListeners('warning');
process.on('warning', () => {});
// A reader that goes away (| head) is no failure.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(0);
    throw error;
  });
}

const argv = process.argv.slice(2);
const exitCode = await runCli({
  argv,
  specs: commandSpecs,
  env: process.env,
  cwd: process.cwd(),
  home: dirname(dirname(fileURLToPath(import.meta.url))),
  version,
  clock: systemClock,
  signal: controller.signal,
  terminal: openTerminal(process.stdin, process.stdout, process.stderr, process.env, argv.includes('--no-color')),
  streams: { input: process.stdin, output: process.stderr },
  isRoot: process.getuid?.() === 0,
  actor: userName(),
});
process.exitCode = exitCode;
// What a library may still hold open must not keep an answered command alive.
setTimeout(() => process.exit(exitCode), 2000).unref();

function userName(): string {
  try {
    return process.env.SUDO_USER ?? userInfo().username;
  } catch {
    return `uid ${process.getuid?.()}`;
  }
}
