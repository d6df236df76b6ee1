import { describe, expect, it } from 'vitest';
import { chooseLayers, countReport, layerNames } from '../../../scripts/test/run-layers.mjs';

const file = (status: string, ...states: string[]) => ({ status, assertionResults: states.map((state) => ({ status: state })) });

describe('the counts of a layer', () => {
  it('are those of its tests', () => {
    const report = { testResults: [file('passed', 'passed', 'passed', 'skipped'), file('failed', 'failed', 'passed', 'pending', 'todo')] };
    expect(countReport(report, false)).toEqual({ passed: 3, failed: 1, skipped: 3 });
  });

  it.each([
    ['there is no report, because vitest was killed', undefined, false],
    ['no file was found', { testResults: [] }, false],
    ['every test was skipped', { testResults: [file('passed', 'skipped')] }, true],
    ['vitest failed and no test did', { testResults: [file('passed', 'passed')] }, false],
    ['a file could not be imported', { testResults: [file('failed'), file('passed', 'passed')] }, false],
    ['cleaning up after the file failed', { testResults: [file('failed', 'passed')] }, false],
  ])('say failed when %s', (_, report, succeeded) => {
    expect(countReport(report, succeeded).failed).toBe(1);
  });
});

describe('what is run', () => {
  it('is everything, in order, unless something is named', () => {
    expect(chooseLayers([]).map((layer) => layer.name)).toEqual(layerNames);
  });

  it('may be a layer, or a file in its layer', () => {
    expect(chooseLayers(['cli', './test/unit/x.test.ts']).map(({ name, files }) => ({ name, files }))).toEqual([
      { name: 'unit', files: ['./test/unit/x.test.ts'] },
      { name: 'cli', files: [] },
    ]);
  });

  it('is nothing when nothing is called so', () => {
    expect(chooseLayers(['unti'])).toEqual([]);
  });
});
