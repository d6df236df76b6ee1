/** A cell of a table. Numbers are aligned right. */
export type Cell = string | number | boolean | null | undefined;

export interface Heading {
  /** Upper-case on a terminal; TSV has no header. */
  title: string;
  align?: 'left' | 'right';
  /** Left out on a terminal, where the text around the table says it. */
  isForScripts?: boolean;
}

export interface Column<Row> extends Heading {
  value: (row: Row) => Cell;
}

/** What a person sees of a result; pure data, so that it can be compared in a test. JSON does not pass through here. */
export type View =
  | {
      kind: 'table';
      headings: readonly Heading[];
      rows: readonly (readonly Cell[])[];
      /** Said on a terminal when there are no rows. */
      empty: string;
      before?: readonly string[];
      after?: readonly string[];
    }
  | { kind: 'lines'; lines: readonly string[] };

export function table<Row>(
  rows: readonly Row[],
  columns: readonly Column<Row>[],
  text: { empty: string; before?: readonly string[]; after?: readonly string[] },
): View {
  return { kind: 'table', headings: columns, rows: rows.map((row) => columns.map((column) => column.value(row))), ...text };
}

export function lines(...text: readonly (string | undefined)[]): View {
  return { kind: 'lines', lines: text.filter((line) => line !== undefined) };
}
