import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseCommandLine } from '#cli/program';
import { commandSpecs } from '#commands/index';
import { errorCatalogue } from '#kernel/error-catalogue';
import { isOpsError } from '#kernel/errors';

const setting = { specs: commandSpecs, version: '0', env: {}, cwd: '/' };
const parse = (words: string[]) => parseCommandLine(words, setting);

/** Words as a shell would split them; placeholders such as TIME stand for a value of their kind. */
function wordsOf(command: string): string[] {
  const words = [...command.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(([, double, single, bare]) => double ?? single ?? bare ?? '');
  return words.slice(1);
}

describe.each(commandSpecs.map((spec) => ({ spec, name: spec.path.join(' ') })))('$name', ({ spec }) => {
  test('has a purpose and at least two examples that parse to it', () => {
    expect(spec.summary).toMatch(/^[A-Z]/);
    expect(spec.examples.length).toBeGreaterThanOrEqual(2);
    for (const { command } of spec.examples) {
      expect(command).toMatch(/^copilot-db /);
      const parsed = parse(wordsOf(command));
      expect(parsed).toMatchObject({ kind: 'command', spec: { path: spec.path } });
    }
  });

  test('its help shows purpose, examples, options and exit codes', () => {
    const parsed = parse([...spec.path, '--help']);
    const text = parsed.kind === 'text' ? parsed.text : '';
    for (const part of [spec.summary, 'Examples:', 'Exit codes:', ...(spec.options ?? []).map(({ name }) => `--${name}`)])
      expect(text).toContain(part);
  });

  test('its module is of the kind the policy says, and its result has a schema', async () => {
    const module = await spec.load();
    expect('plan' in module && 'execute' in module).toBe(spec.policy.effect === 'change');
    expect('run' in module).toBe(spec.policy.effect === 'read');
    expect(module.result.safeParse({ certainly: 'not this' }).success).toBe(false);
    expect(spec.result).toMatch(new RegExp(`^${spec.path.join('\\.')}/1$`));
  });

  test('its confirmations, targets and names have no twin in the environment', () => {
    const twins = (spec.options ?? []).filter(({ env }) => env).map(({ name }) => name);
    expect(twins.filter((name) => /^(yes|confirm|replace|reveal|accept-|target)/.test(name))).toEqual([]);
  });
});

test('every command that an error proposes can be typed', () => {
  const proposals = Object.entries(errorCatalogue).flatMap(([code, { nextSteps }]) =>
    nextSteps.flatMap((step) => [...step.matchAll(/`(copilot-db [^`]+)`/g)].map(([, command]) => ({ code, command: command as string }))),
  );
  expect(proposals.length).toBeGreaterThan(10);
  const broken = proposals.filter(({ command }) => {
    try {
      parse(wordsOf(command.replace(/\bTIME\b/g, '2026-11-23T00:00:00Z').replace(/\bDURATION\b/g, '10m')));
      return false;
    } catch (error) {
      return !isOpsError(error, 'USAGE_MISSING');
    }
  });
  expect(broken).toEqual([]);
});

test('every code of the catalogue is thrown somewhere', async () => {
  const { readdirSync } = await import('node:fs');
  const src = join(import.meta.dirname, '../../src');
  const text = readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts') && !name.startsWith('kernel/catalogue'))
    .map((name) => readFileSync(join(src, name), 'utf8'))
    .join('\n');
  const silent = Object.keys(errorCatalogue).filter((code) => !text.includes(`'${code}'`));
  expect(silent).toEqual([]);
});
