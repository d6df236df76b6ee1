import Table from 'cli-table3';
import type { Cell, Heading } from './view.ts';

type Rows = readonly (readonly Cell[])[];

const noFrame = Object.fromEntries(
  ['top', 'bottom', 'mid'].flatMap((edge) => [edge, `${edge}-mid`, `${edge}-left`, `${edge}-right`]).map((name) => [name, '']),
);

/** A table for a terminal: aligned columns, no frame, one header line. */
export function renderTable(headings: readonly Heading[], rows: Rows): string {
  const table = new Table({
    head: headings.map((heading) => heading.title.toUpperCase()),
    chars: { ...noFrame, 'left-mid': '', 'mid-mid': '', 'right-mid': '', left: '', right: '', middle: '  ' },
    style: { head: [], border: [], 'padding-left': 0, 'padding-right': 0, compact: true },
    colAligns: headings.map((heading, index) => heading.align ?? (rows.some((row) => typeof row[index] === 'number') ? 'right' : 'left')),
  });
  for (const row of rows) table.push(row.map(cellText));
  const text = table.toString().split('\n');
  return text
    .map((line) => line.trimEnd())
    .filter((line) => line !== '')
    .join('\n');
}

/** Tab-separated values without a header, for scripts; tabs and newlines within a value become blanks. */
export function renderTsv(rows: Rows): string {
  return rows.map((row) => row.map((cell) => cellText(cell).replace(/[\t\r\n]+/g, ' ')).join('\t')).join('\n');
}

function cellText(cell: Cell): string {
  if (cell === undefined || cell === null) return '';
  if (cell === true) return 'yes';
  return cell === false ? 'no' : String(cell);
}
