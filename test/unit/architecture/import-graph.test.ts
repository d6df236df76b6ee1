import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

/** What each layer may import beside itself; ARCHITECTURE.md draws it. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  kernel: [],
  platform: ['kernel'],
  stores: ['kernel', 'platform'],
  repository: ['kernel', 'platform', 'stores'],
  features: ['kernel', 'platform', 'stores', 'repository'],
  operations: ['kernel', 'platform', 'stores', 'repository', 'features'],
  config: ['kernel', 'platform', 'stores'],
  ui: ['kernel'],
  commands: ['kernel', 'platform', 'stores', 'repository', 'features', 'operations', 'config', 'ui'],
  cli: ['kernel', 'platform', 'stores', 'repository', 'features', 'operations', 'config', 'ui', 'commands'],
};

/** Features that may look into others: they ask each for its checks and its state. */
const looksIntoOthers = ['health', 'runbooks', 'schedules', 'lab'];

const src = join(import.meta.dirname, '../../../src');
const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));

interface Import {
  from: string;
  target: string;
  isTypeOnly: boolean;
  isLazy: boolean;
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(src, file), 'utf8');
  const eager = [...text.matchAll(/^(?:import|export)\s+(type\s+)?(?:[^'";]*?from\s+)?'([^']+)'/gm)].map(([, type, target]) => ({
    from: file,
    target: target as string,
    isTypeOnly: type !== undefined,
    isLazy: false,
  }));
  const lazy = [...text.matchAll(/\bimport\('([^']+)'\)/g)].map(([, target]) => ({
    from: file,
    target: target as string,
    isTypeOnly: false,
    isLazy: true,
  }));
  return [...eager, ...lazy];
}

const all = files.flatMap(importsOf);

/** #features/recovery/wal/push → features; a relative path → the layer of its own file. */
function layerOf(target: string): string | undefined {
  return /^#([a-z]+)\//.exec(target)?.[1];
}

test('there is something to look at', () => {
  expect(files.length).toBeGreaterThan(50);
  expect(all.filter(({ target }) => target.startsWith('#')).length).toBeGreaterThan(100);
});

test('imports go down only', () => {
  const upward = all.filter(({ from, target }) => {
    const own = from.split('/')[0] as string;
    const other = layerOf(target);
    return other !== undefined && own in mayImport && other !== own && !mayImport[own]?.includes(other);
  });
  expect(upward.map(({ from, target }) => `${from} imports ${target}`)).toEqual([]);
});

test('relative imports stay within their layer', () => {
  const leaving = all.filter(({ from, target }) => target.startsWith('.') && join(from, '..', target).split('/')[0] !== from.split('/')[0]);
  const allowed = leaving.filter(({ from }) => from.includes('/'));
  expect(allowed.map(({ from, target }) => `${from} imports ${target}`)).toEqual([]);
});

test('features do not import each other', () => {
  const crossing = all.filter(({ from, target }) => {
    const [layer, own] = from.split('/');
    const other = /^#features\/([^/]+)\//.exec(target)?.[1] ?? join(from, '..', target).split('/')[1];
    const isFeature = target.startsWith('#features/') || (target.startsWith('.') && layer === 'features');
    return layer === 'features' && isFeature && other !== own && !looksIntoOthers.includes(own as string);
  });
  expect(crossing.map(({ from, target }) => `${from} imports ${target}`)).toEqual([]);
});

test('specs cost nothing at start-up: they import types and their lazy modules', () => {
  const specs = all.filter(({ from }) => from.startsWith('commands/') && from.endsWith('/spec.ts'));
  const eager = specs.filter(({ isTypeOnly, isLazy }) => !isTypeOnly && !isLazy);
  expect(specs.length).toBeGreaterThan(5);
  expect(eager.map(({ from, target }) => `${from} imports ${target}`)).toEqual([]);
});

test('features know nothing of the command line, and only main exits', () => {
  const exits = files.filter(
    (file) => !['main.ts', 'wal-main.ts'].includes(file) && /\bprocess\.exit\(/.test(readFileSync(join(src, file), 'utf8')),
  );
  expect(exits).toEqual([]);
});

test('no file is longer than 300 lines', () => {
  const long = files.filter((file) => readFileSync(join(src, file), 'utf8').split('\n').length > 301);
  expect(long).toEqual([]);
});

test('no file is named after nothing', () => {
  const vague = files.filter((file) => /(^|\/)(utils?|helpers?|common|misc|manager|service|base|types)\.ts$/.test(file));
  expect(vague).toEqual([]);
});
