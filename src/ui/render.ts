import { renderTable, renderTsv } from './table.ts';
import type { Cell, Heading, View } from './view.ts';

export type Format = 'human' | 'json' | 'tsv';

/** A view as text without a trailing newline. On a terminal lists are tables, elsewhere tab-separated values. */
export function renderView(view: View, format: Exclude<Format, 'json'>, isTerminal: boolean): string {
  if (view.kind === 'lines') return view.lines.join('\n');
  if (format === 'tsv' || !isTerminal) return renderTsv(view.rows);
  const body = view.rows.length === 0 ? view.empty : renderTable(...forPeople(view.headings, view.rows));
  return [...(view.before ?? []), body, ...(view.after ?? [])].join('\n');
}

function forPeople(headings: readonly Heading[], rows: readonly (readonly Cell[])[]): [readonly Heading[], readonly (readonly Cell[])[]] {
  const shown = headings.flatMap((heading, index) => (heading.isForScripts ? [] : [index]));
  return [shown.map((index) => headings[index] as Heading), rows.map((row) => shown.map((index) => row[index]))];
}
