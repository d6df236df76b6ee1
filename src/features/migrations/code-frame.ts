import type { SqlFile } from './read-migrations.ts';
import type { Statement } from './split-statements.ts';

/** Both count from 1; columns count characters. */
export interface Place {
  line: number;
  column: number;
}

export function placeAt(text: string, index: number): Place {
  const before = text.slice(0, index);
  const lineStart = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, column: [...before.slice(lineStart)].length + 1 };
}

/** The server counts characters from 1 in the statement it was sent; a JavaScript string counts UTF-16 units from 0 in the file. */
export function indexOfPosition(statement: Statement, position: number | undefined): number {
  if (position === undefined) return statement.start;
  return statement.start + [...statement.text].slice(0, position - 1).join('').length;
}

/** The place with the lines around it and a caret below it. */
export function codeFrame({ path, text }: SqlFile, index: number, around = 2): string {
  const { line, column } = placeAt(text, index);
  const lines = text.split('\n');
  const first = Math.max(1, line - around);
  const last = Math.min(lines.length, line + around);
  const width = String(last).length;
  const shown: string[] = [`${path}:${line}:${column}`];
  for (let number = first; number <= last; number += 1) {
    const content = lines[number - 1] as string;
    shown.push(`${number === line ? '>' : ' '} ${String(number).padStart(width)} | ${content}`.trimEnd());
    // Tabs are kept, so that the caret stands below its character whatever their width.
    if (number === line)
      shown.push(
        `  ${' '.repeat(width)} | ${[...content]
          .slice(0, column - 1)
          .map((c) => (c === '\t' ? c : ' '))
          .join('')}^`,
      );
  }
  return shown.join('\n');
}
