import { parseWalFile, timelineHex, type WalFile } from '#kernel/wal-file';

/** All keys of a repository, relative to its folder `<prefix>/<cluster>/`. Pure; docs/repository-format.md is the same in words. */
export const identityKey = 'repository.json';

/** Where `repository init` tries the store out; removed afterwards. */
export const probeFolder = 'probe/';

export type Suffix = '.zst' | '.gz' | '.zst.age' | '.gz.age';

/** PostgreSQL's system identifier: a 64-bit number as decimal text. */
export function isSystemId(text: string): boolean {
  return /^[1-9][0-9]{0,19}$/.test(text);
}

export function systemKey(systemId: string): string {
  return `systems/${need(isSystemId, systemId)}.json`;
}

export function parseSystemKey(key: string): string | undefined {
  const systemId = /^systems\/([0-9]+)\.json$/.exec(key)?.[1];
  return systemId !== undefined && isSystemId(systemId) ? systemId : undefined;
}

/** A label is the start of a backup, UTC to the second: sortable, and safe in keys. */
export function isLabel(text: string): boolean {
  return /^[0-9]{8}T[0-9]{6}Z$/.test(text);
}

/** `2026-11-23T02:00:00.123456Z` → `20261123T020000Z`. */
export function labelOf(moment: string): string {
  return need(isLabel, `${moment.slice(0, 19).replace(/[-:]/g, '')}Z`);
}

export function baseManifestKey(label: string): string {
  return `base/${need(isLabel, label)}/manifest.json`;
}

/** The label, when the key is the manifest of a base backup. */
export function parseBaseManifestKey(key: string): string | undefined {
  const label = /^base\/([^/]+)\/manifest\.json$/.exec(key)?.[1];
  return label !== undefined && isLabel(label) ? label : undefined;
}

/** The folder of one run's data objects; two runs under one label never share it. */
export function baseFolder(label: string, runId: string): string {
  return `base/${need(isLabel, label)}/${need(isRunId, runId)}/`;
}

/** `<folder><name><suffix>` and the number of the piece: `base.tar.zst.000`. */
export function partKey(folder: string, name: string, suffix: Suffix | '', part: number): string {
  return `${folder}${name}${suffix}.${String(part).padStart(3, '0')}`;
}

/** All WAL of one system, `wal/<systemId>/`. */
export function walFolder(systemId: string): string {
  return `wal/${need(isSystemId, systemId)}/`;
}

export function walTimelineFolder(systemId: string, timeline: number): string {
  return `${walFolder(systemId)}${timelineHex(timeline)}/`;
}

/** The one key a WAL file can have: its timeline is the first eight digits of its name, the suffix is the repository's. */
export function walKey(systemId: string, fileName: string, suffix: Suffix): string {
  const file = parseWalFile(fileName);
  if (!file) throw new RangeError(`PostgreSQL has no WAL file of this name: ${fileName}`);
  return `${walTimelineFolder(systemId, file.timeline)}${fileName}${suffix}`;
}

/** undefined for anything that `walKey` would not make with this suffix. */
export function parseWalKey(key: string, suffix: Suffix): { systemId: string; file: WalFile } | undefined {
  const [root, systemId = '', folder, name = '', ...rest] = key.split('/');
  if (root !== 'wal' || rest.length > 0 || !isSystemId(systemId) || !name.endsWith(suffix)) return undefined;
  const file = parseWalFile(name.slice(0, -suffix.length));
  return file && timelineHex(file.timeline) === folder ? { systemId, file } : undefined;
}

function isRunId(text: string): boolean {
  return /^[0-9]{8}T[0-9]{6}Z-[0-9a-f]{12}$/.test(text);
}

function need(check: (text: string) => boolean, text: string): string {
  if (!check(text)) throw new RangeError(`cannot be part of a key: ${JSON.stringify(text)}`);
  return text;
}
