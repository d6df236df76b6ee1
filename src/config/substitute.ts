const reference = /\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}/g;

/**
 * Replaces `${VAR}` and `${VAR:-default}`. An empty variable counts as unset, as in the shell's `:-`.
 * @returns undefined when a variable without default is unset: the key is then absent.
 */
export function substitute(
  text: string,
  env: Readonly<Record<string, string | undefined>>,
): { text: string; variables: string[] } | undefined {
  const variables: string[] = [];
  let isAbsent = false;
  const replaced = text.replace(reference, (_, name: string, fallback: string | undefined) => {
    const value = env[name] || undefined;
    if (value !== undefined) variables.push(name);
    else if (fallback === undefined) isAbsent = true;
    return value ?? fallback ?? '';
  });
  return isAbsent ? undefined : { text: replaced, variables };
}
