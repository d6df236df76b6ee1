/** V = forward, R = its rollback. (Other tools use R for "repeatable"; here it never means that.) */
export interface MigrationName {
  kind: 'V' | 'R';
  version: number;
  /** Without version and suffix: "users_and_sessions". */
  name: string;
}

const pattern = /^([VR])(\d{3,15})_([A-Za-z0-9][A-Za-z0-9_.-]*)\.sql$/;

/** undefined when the file is not named like a migration, or has version 0, which means "before the first". */
export function parseFileName(fileName: string): MigrationName | undefined {
  const found = pattern.exec(fileName);
  if (found === null || Number(found[2]) === 0) return undefined;
  return { kind: found[1] as 'V' | 'R', version: Number(found[2]), name: found[3] as string };
}

/** 7 → "V007" */
export function versionLabel(version: number): string {
  return `V${String(version).padStart(3, '0')}`;
}

/** "7", "007", "V007" → 7; undefined when it is no version. */
export function parseVersion(text: string): number | undefined {
  return /^V?\d{1,15}$/i.test(text) ? Number(text.replace(/^V/i, '')) : undefined;
}
