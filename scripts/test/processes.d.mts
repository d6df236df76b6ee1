export interface ProcessEntry {
  pid: number;
  parentPid: number;
  groupId: number;
  startTicks: number;
  name: string;
  commandLine: string;
  cwd: string;
}
export function listProcesses(): ProcessEntry[];
export function processesUnder(directory: string, options?: { byEnvironment?: boolean; except?: readonly number[] }): ProcessEntry[];
export function isSameProcessAlive(entry: Pick<ProcessEntry, 'pid' | 'startTicks'>): boolean;
export function killProcesses(processes: readonly ProcessEntry[]): Promise<void>;
export function listListeners(): { pid: number; port: number; commandLine: string }[];
