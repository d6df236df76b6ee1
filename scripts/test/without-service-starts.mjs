import { chmodSync, existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';

const policy = '/usr/sbin/policy-rc.d';
const saved = '/usr/sbin/policy-rc.d.before-copilot-db-tests';
const marker = '# written by the tests of copilot-db';

function isOurs() {
  return existsSync(policy) && readFileSync(policy, 'utf8').includes(marker);
}

function restore() {
  if (isOurs()) rmSync(policy);
  if (existsSync(saved)) renameSync(saved, policy);
}

/**
 * Runs `install` while Debian's policy-rc.d forbids every service start, then restores what was there.
 * What an earlier, killed run left behind is undone first. `install` is synchronous; Ctrl-C ends its child, and does not end
 * us before the restoring.
 */
export function withoutServiceStarts(install) {
  const holdSignal = () => {};
  process.on('SIGINT', holdSignal);
  process.on('SIGTERM', holdSignal);
  restore();
  if (existsSync(policy)) renameSync(policy, saved);
  try {
    writeFileSync(policy, `#!/bin/sh\n${marker}\nexit 101\n`);
    chmodSync(policy, 0o755);
    return install();
  } finally {
    restore();
    process.off('SIGINT', holdSignal);
    process.off('SIGTERM', holdSignal);
  }
}
