import type { ExitName } from '../exit-codes.ts';

export interface CatalogueEntry {
  exit: ExitName;
  /** What it is, in a few words. */
  title: string;
  /** The page of `explain CODE`: why it happens and what it means, a few sentences. */
  explain: string;
  /** What to do, in order of likelihood; text in backquotes can be pasted. */
  nextSteps: readonly string[];
}

/** A part of the catalogue; keeps the codes as literal types. */
export function defineErrors<const Code extends string>(entries: Record<Code, CatalogueEntry>): Record<Code, CatalogueEntry> {
  return entries;
}
