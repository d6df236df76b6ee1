import { resolve } from 'node:path';
import type { OptionSpec } from '#commands/command';
import { OpsError } from '#kernel/errors';
import { parseMoment } from '#kernel/time';
import { parseBytes, parseDuration } from '#kernel/units';

/**
 * The text of an option as the value its spec promises.
 * @throws USAGE_INVALID, TIME_NAIVE
 */
export function parseValue(option: Pick<OptionSpec, 'name' | 'kind' | 'choices'>, text: string, cwd: string): unknown {
  if (option.choices && !option.choices.includes(text)) throw wrong(option.name, text, `one of ${option.choices.join(', ')}`);
  switch (option.kind) {
    case 'integer':
      return /^\d{1,15}$/.test(text) ? Number(text) : fail(option.name, text, 'a whole number');
    case 'duration':
      return parseDuration(text) ?? fail(option.name, text, 'a duration with its unit, such as 90s, 15m or 1h30m');
    case 'bytes':
      return parseBytes(text) ?? fail(option.name, text, 'a size with its unit, such as 64MiB or 10GB');
    case 'moment':
      return moment(option.name, text);
    case 'path':
      return text === '' ? fail(option.name, text, 'a path') : resolve(cwd, text);
    case 'flag':
      return (
        ['true', '1', 'yes'].includes(text) || (['false', '0', 'no', ''].includes(text) ? false : fail(option.name, text, 'true or false'))
      );
    case 'list':
      return [text];
    case 'string':
      return text;
  }
}

const momentProblems = {
  naive: 'a time needs an offset, because without one it means another moment on another host',
  'zone-name': 'zone names and abbreviations are ambiguous; write the offset',
  'not-a-time': 'this is not a time',
  'too-precise': 'PostgreSQL knows microseconds; six digits after the point at most',
} as const;

function moment(name: string, text: string): string {
  const parsed = parseMoment(text);
  if (typeof parsed === 'string') return parsed;
  const isAmbiguous = parsed.problem === 'naive' || parsed.problem === 'zone-name';
  throw new OpsError(isAmbiguous ? 'TIME_NAIVE' : 'USAGE_INVALID', {
    message: `--${name} "${text}" cannot be used`,
    detail: momentProblems[parsed.problem],
    nextSteps:
      parsed.problem === 'naive'
        ? [`\`--${name} ${JSON.stringify(`${text.trim()}Z`)}\` if you mean UTC`]
        : ['Write it as 2026-11-23T17:55:00Z'],
  });
}

function fail(name: string, text: string, expected: string): never {
  throw wrong(name, text, expected);
}

function wrong(name: string, text: string, expected: string): OpsError {
  return new OpsError('USAGE_INVALID', { message: `--${name} "${text}" is not ${expected}`, nextSteps: [`Give --${name} as ${expected}`] });
}

/** target-time → targetTime. */
export function camelCase(name: string): string {
  return name.replace(/-([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());
}
