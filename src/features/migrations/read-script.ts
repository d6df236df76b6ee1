import { OpsError } from '#kernel/errors';
import { refusalOf, runsOnlyAlone } from './classify.ts';
import { codeFrame, placeAt } from './code-frame.ts';
import type { SqlFile } from './read-migrations.ts';
import { type Statement, splitStatements } from './split-statements.ts';

/** A file made ready to run. */
export interface Script {
  file: SqlFile;
  /** In one transaction with its history row, or one statement outside of any. */
  mode: 'transaction' | 'alone';
  statements: readonly Statement[];
}

/** @throws MIGRATION_EMPTY, MIGRATION_UNSUPPORTED, MIGRATION_MIXED */
export function readScript(file: SqlFile): Script {
  const statements = splitStatements(file.text);
  if (statements.length === 0)
    throw new OpsError('MIGRATION_EMPTY', { message: `${file.path} holds no statement`, details: { file: file.path } });
  for (const statement of statements) {
    const refusal = refusalOf(statement);
    if (refusal !== undefined) throw atStatement('MIGRATION_UNSUPPORTED', file, statement, `cannot be part of a migration: ${refusal}`);
  }
  const alone = statements.find(runsOnlyAlone);
  if (alone !== undefined && statements.length > 1)
    throw atStatement('MIGRATION_MIXED', file, alone, 'cannot run in a transaction and has to be alone in its file');
  return { file, mode: alone === undefined ? 'transaction' : 'alone', statements };
}

function atStatement(code: 'MIGRATION_UNSUPPORTED' | 'MIGRATION_MIXED', file: SqlFile, statement: Statement, what: string): OpsError {
  const backslash = statement.kinds.indexOf('backslash');
  const index = backslash === -1 ? statement.start : statement.start + Math.max(0, statement.text.indexOf('\\'));
  const { line, column } = placeAt(file.text, index);
  const subject =
    backslash === -1 ? statement.words.slice(0, 4).join(' ') : `\`${statement.text.slice(statement.text.indexOf('\\')).split(/\s/)[0]}\``;
  return new OpsError(code, {
    message: `${file.path}:${line}:${column}: ${subject} ${what}`,
    detail: codeFrame(file, index),
    details: { file: file.path, line, column },
  });
}
