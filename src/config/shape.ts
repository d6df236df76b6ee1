import { z } from 'zod';
import { configSchema } from './schema.ts';

interface Node {
  properties?: Record<string, Node>;
  additionalProperties?: Node | false;
  items?: Node;
  anyOf?: Node[];
  secret?: boolean;
  type?: string;
}

export interface Leaf {
  path: readonly string[];
  isSecret: boolean;
}

let shape: Node | undefined;

/** The schema as JSON Schema: what zod does not hand out in a stable way is read from there. */
function rootNode(): Node {
  shape ??= z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' }) as Node;
  return shape;
}

function descend(node: Node | undefined, key: string): Node | undefined {
  if (node === undefined) return undefined;
  if (/^\d+$/.test(key) && node.items) return node.items;
  const own = node.properties?.[key] ?? (node.additionalProperties || undefined);
  if (own) return own;
  for (const branch of node.anyOf ?? []) {
    const found = descend(branch, key);
    if (found) return found;
  }
  return undefined;
}

/** The keys that are known at a place of the configuration. */
export function knownKeys(path: readonly string[]): string[] {
  const node = path.reduce<Node | undefined>(descend, rootNode());
  return Object.keys(node?.properties ?? {});
}

/** True where the value must never be shown. */
export function isSecretPath(path: readonly string[]): boolean {
  return path.reduce<Node | undefined>(descend, rootNode())?.secret === true;
}

/** Every setting with a fixed path, lists and free names left out: those that can have an environment twin. */
export function leaves(node: Node = rootNode(), path: readonly string[] = []): Leaf[] {
  if (!node.properties) return node.type === 'array' || path.length === 0 ? [] : [{ path, isSecret: node.secret === true }];
  return Object.entries(node.properties).flatMap(([key, child]) => leaves(child, [...path, key]));
}

/** postgres.primary.host → COPILOT_DB_POSTGRES_PRIMARY_HOST. */
export function environmentName(path: readonly string[]): string {
  return `COPILOT_DB_${path.join('_').toUpperCase()}`;
}
