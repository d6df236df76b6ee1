import { randomBytes } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';

let directory: string | undefined;

/** The root of this run; what lives directly below its `shared/` outlives a test file and is ended with the run. */
export function testRoot(): string {
  const root = process.env.COPILOT_DB_TEST_ROOT;
  if (root === undefined)
    throw new Error('COPILOT_DB_TEST_ROOT is not set: run tests through vitest with the configuration of this repository');
  return root;
}

/** The directory of this test file. What still runs below it when the file ends is a failure of the file. */
export function fileDirectory(): string {
  if (directory === undefined) {
    directory = join(testRoot(), randomBytes(3).toString('hex'));
    mkdirSync(directory, { mode: 0o755 });
  }
  return directory;
}

/** The directory of this test file, if something has used it. */
export function usedFileDirectory(): string | undefined {
  return directory;
}

/** A directory for what all test files of a run share. */
export function sharedDirectory(name: string): string {
  const path = join(testRoot(), 'shared', name);
  mkdirSync(path, { recursive: true, mode: 0o755 });
  return path;
}
