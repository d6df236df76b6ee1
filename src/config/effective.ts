import type { Origins } from './load.ts';
import type { Config } from './schema.ts';
import { isSecretPath } from './shape.ts';

export interface EffectiveSetting {
  key: string;
  /** Secrets are masked by the schema, not by their look. */
  value: string;
  origin: string;
}

/** Every effective value with its origin, in the file's order. */
export function effectiveSettings(config: Config, origins: Origins): EffectiveSetting[] {
  return flatten(config, []).map(({ path, value }) => ({
    key: path.join('.'),
    value: isSecretPath(path) ? '[secret]' : String(value),
    origin: origins.get(path.join('.')) ?? 'default',
  }));
}

function flatten(value: unknown, path: readonly string[]): { path: readonly string[]; value: unknown }[] {
  if (value === undefined) return [];
  if (typeof value !== 'object' || value === null) return [{ path, value }];
  return Object.entries(value).flatMap(([key, child]) => flatten(child, [...path, key]));
}
