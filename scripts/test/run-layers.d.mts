export interface Counts {
  passed: number;
  failed: number;
  skipped: number;
}
export interface VitestReport {
  testResults: { status: string; assertionResults: { status: string }[] }[];
}
export const layerNames: string[];
export function chooseLayers(wanted: readonly string[]): { name: string; limitMs: number; files: string[] }[];
export function countReport(report: VitestReport | undefined, succeeded: boolean): Counts;
