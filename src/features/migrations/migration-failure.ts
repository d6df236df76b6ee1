import type { ErrorCode } from '#kernel/error-catalogue';
import { isOpsError, OpsError } from '#kernel/errors';
import { codeFrame, indexOfPosition, placeAt } from './code-frame.ts';
import { versionLabel } from './file-name.ts';
import type { MigrationWork } from './migration-work.ts';
import type { Statement } from './split-statements.ts';

const lockProblems = new Set(['55P03', '40P01']);

/**
 * Says where in the file the server stopped. What is no fault of the statement (a lost connection, a cancelled run, damaged
 * data) passes as it is.
 * @param statement undefined when it happened at COMMIT, where deferred constraints are checked
 */
export function migrationFailure(error: unknown, work: MigrationWork, statement: Statement | undefined, code?: ErrorCode): unknown {
  if (!isOpsError(error)) return error;
  const { sqlState, position, serverMessage, serverDetail, hint, where } = error.details;
  if (typeof sqlState !== 'string' || isOpsError(error, 'POSTGRES_CONNECTION_LOST', 'POSTGRES_DATA_CORRUPTED')) return error;
  const { file } = work.script;
  const index = statement && indexOfPosition(statement, typeof position === 'number' ? position : undefined);
  const place = index === undefined ? undefined : placeAt(file.text, index);
  const label = `${versionLabel(work.version)}_${work.name}`;
  const at = place === undefined ? `${file.path}, at COMMIT` : `${file.path}:${place.line}:${place.column}`;
  return new OpsError(code ?? (lockProblems.has(sqlState) ? 'MIGRATION_BLOCKED' : 'MIGRATION_FAILED'), {
    message: `${work.direction === 'up' ? label : `The rollback of ${label}`} failed at ${at}: ${String(serverMessage)} (SQLSTATE ${sqlState})`,
    detail: [
      index === undefined ? undefined : codeFrame(file, index),
      serverDetail,
      typeof hint === 'string' ? `Hint: ${hint}` : undefined,
      where,
    ]
      .filter((part) => typeof part === 'string')
      .join('\n'),
    ...(sqlState in adviceBySqlState ? { nextSteps: [adviceBySqlState[sqlState] as string] } : {}),
    details: {
      version: work.version,
      direction: work.direction,
      file: file.path,
      line: place?.line,
      column: place?.column,
      sqlState,
      serverMessage,
      hint,
    },
    cause: error,
  });
}

const adviceBySqlState: Readonly<Record<string, string>> = {
  // unsafe_new_enum_value_usage
  '55P04': 'put ALTER TYPE … ADD VALUE into a migration of its own, before the one that uses the value',
  // active_sql_transaction: a statement that is not known here to need it
  '25001': 'move the statement to a migration of its own; if it still fails, it cannot be a migration',
};
