import { readFile } from 'node:fs/promises';
import { OpsError } from '#kernel/errors';
import { metadataSuffix } from '../object-name.ts';
import type { ObjectMetadata } from '../object-store.ts';
import { codeOf } from './translate.ts';

/** What stands beside an object. It is linked before the object, and from then on only `body` can become the object. */
export interface MetadataFile {
  metadata: ObjectMetadata;
  sizeBytes: number;
  /** The name of the temporary file, in the same directory, that holds the object's bytes until it has its own name. */
  body: string;
}

export function metadataPath(objectPath: string): string {
  return objectPath + metadataSuffix;
}

export function formatMetadataFile(content: MetadataFile): string {
  return `${JSON.stringify(content)}\n`;
}

/** undefined when the object has none. @throws OBJECT_CORRUPT */
export async function readMetadataFile(objectPath: string): Promise<MetadataFile | undefined> {
  const path = metadataPath(objectPath);
  try {
    return parseMetadataFile(JSON.parse(await readFile(path, 'utf8')));
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    if (!(error instanceof SyntaxError)) throw error;
    throw new OpsError('OBJECT_CORRUPT', { message: `${path} is no metadata of an object`, cause: error });
  }
}

function parseMetadataFile(content: unknown): MetadataFile {
  const { metadata, sizeBytes, body } = (content ?? {}) as Partial<MetadataFile>;
  const isText = typeof metadata === 'object' && metadata !== null && Object.values(metadata).every((value) => typeof value === 'string');
  if (!isText || !Number.isSafeInteger(sizeBytes) || !/^\.[^/]+$/.test(body ?? '')) throw new SyntaxError('wrong fields');
  return { metadata, sizeBytes: sizeBytes as number, body: body as string };
}
