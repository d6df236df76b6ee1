import type { ProcessEntry } from './processes.mjs';

export interface TestRoot {
  path: string;
  close(options?: { byEnvironment?: boolean }): Promise<ProcessEntry[]>;
}
export function openTestRoot(): TestRoot;
export function removeDebianClusters(root: string): void;
export function sweepTestRoot(root: string, options?: { byEnvironment?: boolean; except?: readonly number[] }): Promise<ProcessEntry[]>;
