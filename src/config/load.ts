import { readFile } from 'node:fs/promises';
import { type Document, isMap, isScalar, LineCounter, parseDocument, visit } from 'yaml';
import type { z } from 'zod';
import { OpsError } from '#kernel/errors';
import { suggest } from '#kernel/suggest';
import { type Config, configSchema } from './schema.ts';
import { environmentName, knownKeys, leaves } from './shape.ts';
import { substitute } from './substitute.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** Where a value came from: "copilot-db.yaml:12", "env POSTGRES_USER". What has no entry is a default. Keys are dotted paths. */
export type Origins = ReadonlyMap<string, string>;

export interface LoadedConfig {
  config: Config;
  origins: Origins;
}

/**
 * Reads, substitutes, overrides from the environment and validates. Without a path only the environment and the defaults count.
 * @throws CONFIG_UNREADABLE, CONFIG_SYNTAX, CONFIG_INVALID
 */
export async function loadConfig(options: { path?: string | undefined; env: Env }): Promise<LoadedConfig> {
  const text = options.path === undefined ? '' : await readConfigText(options.path);
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter });
  const file = options.path ?? 'environment';
  const syntax = document.errors[0];
  if (syntax) {
    const { line, col } = lineCounter.linePos(syntax.pos[0]);
    const reason = (syntax.message.split('\n')[0] as string).replace(/ at line \d+, column \d+:?$/, '');
    throw new OpsError('CONFIG_SYNTAX', {
      message: `${file} line ${line}, column ${col} is not YAML`,
      detail: reason,
      details: { file, line, column: col },
    });
  }
  const origins = new Map<string, string>();
  substituteDocument(document, options.env, file, lineCounter, origins);
  const raw = (document.toJS() ?? {}) as unknown;
  applyEnvironment(raw, options.env, origins);
  const parsed = configSchema.safeParse(raw);
  if (parsed.success) return { config: parsed.data, origins };
  const problems = parsed.error.issues.flatMap((issue) => describe(issue, document, lineCounter, file));
  throw new OpsError('CONFIG_INVALID', {
    message: `${file} has ${problems.length === 1 ? 'a wrong setting' : `${problems.length} wrong settings`}`,
    detail: problems.join('\n'),
    details: { file, problems },
  });
}

async function readConfigText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new OpsError(isMissing ? 'CONFIG_NOT_FOUND' : 'CONFIG_UNREADABLE', {
      message: `The configuration ${path} cannot be read`,
      cause: error,
    });
  }
}

function substituteDocument(document: Document, env: Env, file: string, lineCounter: LineCounter, origins: Map<string, string>): void {
  visit(document, {
    Scalar(key, node, ancestors) {
      if (key === 'key') return undefined;
      const place = `${file}:${lineCounter.linePos(node.range?.[0] ?? 0).line}`;
      const replaced = typeof node.value === 'string' ? substitute(node.value, env) : { text: node.value, variables: [] };
      const path = pathOf(ancestors, node);
      if (replaced === undefined) return visit.REMOVE;
      if (node.value !== replaced.text) node.value = replaced.text;
      origins.set(path.join('.'), replaced.variables.length > 0 ? `env ${replaced.variables.join(', ')} (${place})` : place);
      return undefined;
    },
    Pair(_, pair) {
      if (!isScalar(pair.value) || typeof pair.value.value !== 'string') return undefined;
      return substitute(pair.value.value, env) === undefined ? visit.REMOVE : undefined;
    },
  });
}

function pathOf(ancestors: readonly unknown[], leaf: unknown): string[] {
  const chain = [...ancestors, leaf];
  return chain.flatMap((node, index) => {
    const next = chain[index + 1];
    if (typeof node === 'object' && node !== null && 'key' in node && isScalar(node.key)) return [String(node.key.value)];
    if (typeof node === 'object' && node !== null && 'items' in node && Array.isArray(node.items) && !isMap(node)) {
      return next === undefined ? [] : [String(node.items.indexOf(next))];
    }
    return [];
  });
}

/** The environment beats the file. Walked only when somebody set such a variable, because the schema's walk costs start-up time. */
function applyEnvironment(raw: unknown, env: Env, origins: Map<string, string>): void {
  const isOurs = (name: string) => name.startsWith('COPILOT_DB_');
  if (typeof raw !== 'object' || raw === null || !Object.keys(env).some(isOurs)) return;
  for (const { path } of leaves()) {
    const name = environmentName(path);
    const value = env[name];
    if (value === undefined || value === '') continue;
    let place = raw as Record<string, unknown>;
    for (const key of path.slice(0, -1)) {
      if (typeof place[key] !== 'object' || place[key] === null) place[key] = {};
      place = place[key] as Record<string, unknown>;
    }
    place[path.at(-1) as string] = value;
    origins.set(path.join('.'), `env ${name}`);
  }
}

function describe(issue: z.core.$ZodIssue, document: Document, lineCounter: LineCounter, file: string): string[] {
  const path = issue.path.map(String);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => {
      const near = suggest(key, knownKeys(path));
      const hint = near ? `, did you mean \`${near}\`?` : `; known here: ${knownKeys(path).join(', ')}`;
      return `${file}${lineOf(document, lineCounter, [...path, key])}: unknown key \`${[...path, key].join('.')}\`${hint}`;
    });
  }
  return [`${file}${lineOf(document, lineCounter, path)}: \`${path.join('.') || 'the file'}\`: ${issue.message}`];
}

/** The line of the key itself, or of the nearest place above that exists. */
function lineOf(document: Document, lineCounter: LineCounter, path: readonly string[]): string {
  const parent = path.length > 1 ? document.getIn(path.slice(0, -1), true) : document.contents;
  if (isMap(parent)) {
    const pair = parent.items.find((item) => isScalar(item.key) && String(item.key.value) === path.at(-1));
    if (pair && isScalar(pair.key) && pair.key.range) return ` line ${lineCounter.linePos(pair.key.range[0]).line}`;
  }
  return path.length > 1 ? lineOf(document, lineCounter, path.slice(0, -1)) : '';
}
