/** The absolute path of the Node that runs us: a server's PATH may have none, or another. */
export function nodeProgram(): string {
  return process.execPath;
}
