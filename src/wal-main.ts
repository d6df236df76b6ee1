import { Stop } from '#cli/stop';
import { runWalProgram } from '#cli/wal-program';

/**
 * The process edge of what bin/copilot-db-wal starts: small, because PostgreSQL waits for it at every segment. Exit codes are those of
 * wal-program.ts; all else that a process can end with is a failure to the wrapper.
 */
const parentPid = process.ppid;
const controller = new AbortController();
for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    controller.abort(new Stop('terminated'));
    // Enough to take back a temporary file and a compressor; PostgreSQL wants to end.
    setTimeout(() => process.exit(143), 1000);
  });
}
process.removeAllListeners('warning');
process.on('warning', () => {});

const exitCode = await runWalProgram({
  argv: process.argv.slice(2),
  env: process.env,
  cwd: process.cwd(),
  isWanted: () => process.ppid === parentPid,
  signal: controller.signal,
  writeError: (line) => process.stderr.write(`${line}\n`),
});
process.exit(exitCode);
