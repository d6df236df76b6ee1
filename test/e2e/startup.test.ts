import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const dist = join(import.meta.dirname, '../../dist');

/** What Node has to load before `--help` can answer: chunks of the bundle and modules of Node itself. */
function loadedAtStart(): { chunks: Set<string>; builtins: Set<string>; sizeBytes: number } {
  const chunks = new Set<string>();
  const builtins = new Set<string>();
  let sizeBytes = 0;
  const visit = (chunk: string): void => {
    if (chunks.has(chunk)) return;
    chunks.add(chunk);
    const text = readFileSync(join(dist, chunk), 'utf8');
    sizeBytes += text.length;
    for (const [, target] of text.matchAll(/^(?:import|export)\s[^'"]*?from\s*"([^"]+)"|^import\s*"([^"]+)"/gm)) {
      if (target?.startsWith('./')) visit(target.slice(2));
      else if (target !== undefined) builtins.add(target);
    }
    for (const [, target] of text.matchAll(/__require\("(node:[^"]+)"\)/g)) builtins.add(target as string);
  };
  visit('main.mjs');
  return { chunks, builtins, sizeBytes };
}

// bench/startup.mjs measures the ratio to bare Node; a timed test would measure what else the machine does.
test('help and version load a small part of the program and nothing of Node that is slow to load', () => {
  const { builtins, sizeBytes } = loadedAtStart();
  expect(builtins).toContain('node:path');
  const cheap = ['node:events', 'node:fs', 'node:module', 'node:os', 'node:path', 'node:process', 'node:url', 'node:util'];
  expect([...builtins].filter((name) => !cheap.includes(name))).toEqual([]);
  expect(sizeBytes).toBeGreaterThan(100_000);
  expect(sizeBytes).toBeLessThan(300_000);
});
