/** A cell of a table. Numbers are aligned right. */
export type Cell = string | number | boolean | null | undefined;

export interface Column<Row> {
  /** Upper-case on a terminal; the header of TSV is left out. */
  title: string;
  value: (row: Row) => Cell;
  align?: 'left' | 'right';
}

/** What a person sees of a result; pure data, so that it can be compared in a test. JSON does not pass through here. */
export type View =
  // biome-ignore lint/suspicious/noExplicitAny: rows differ from table to table
  | { kind: 'table'; columns: readonly Column<any>[]; rows: readonly any[]; empty: string; before?: readonly string[]; after?: readonly string[] }
  | { kind: 'lines'; lines: readonly string[] };

export function table<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  text: { empty: string; before?: readonly string[]; after?: readonly string[] },
): View {
  return { kind: 'table', rows, columns, ...text };
}

export function lines(...text: readonly (string | undefined)[]): View {
  return { kind: 'lines', lines: text.filter((line) => line !== undefined) };
}
