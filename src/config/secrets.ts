import { readFile, stat } from 'node:fs/promises';
import { messageOf, OpsError } from '#kernel/errors';
import { Secret } from '#kernel/secret';
import { runChild } from '#platform/child';

export interface SecretSources {
  /** The setting's name, for messages: postgres.primary.password. */
  name: string;
  value?: string | undefined;
  file?: string | undefined;
  command?: readonly string[] | undefined;
  /** The configuration that names the command; nobody else may be able to write it. */
  configPath?: string | undefined;
  /** systemd's credentials directory and the rest of the environment a command gets. */
  env: Readonly<Record<string, string | undefined>>;
  signal: AbortSignal;
}

/**
 * File before systemd credential before command before plain value; a secret is never an argument of a program.
 * @throws SECRET_UNREADABLE
 */
export async function resolveSecret(sources: SecretSources): Promise<Secret | undefined> {
  if (sources.file !== undefined) return readSecretFile(sources.name, sources.file);
  const credentials = sources.env.CREDENTIALS_DIRECTORY;
  if (credentials !== undefined) {
    const credential = await readFile(`${credentials}/${sources.name}`, 'utf8').catch(() => undefined);
    if (credential !== undefined) return new Secret(trimLine(credential));
  }
  if (sources.command !== undefined) return runSecretCommand(sources, sources.command);
  return sources.value === undefined ? undefined : new Secret(sources.value);
}

async function readSecretFile(name: string, path: string): Promise<Secret> {
  try {
    return new Secret(trimLine(await readFile(path, 'utf8')));
  } catch (error) {
    throw new OpsError('SECRET_UNREADABLE', {
      message: `The file ${path} for \`${name}\` cannot be read`,
      detail: messageOf(error),
      cause: error,
    });
  }
}

async function runSecretCommand(sources: SecretSources, command: readonly string[]): Promise<Secret> {
  if (sources.configPath !== undefined) {
    const { mode } = await stat(sources.configPath);
    if ((mode & 0o022) !== 0) {
      throw new OpsError('SECRET_UNREADABLE', {
        message: `${sources.configPath} names a command for \`${sources.name}\`, but others can write that file`,
        nextSteps: [`\`chmod go-w ${sources.configPath}\``],
      });
    }
  }
  const [program, ...args] = command as readonly [string, ...string[]];
  const exit = await runChild(program, args, { env: sources.env, signal: sources.signal, maxOutputBytes: 65_536 });
  if (exit.succeeded) return new Secret(trimLine(exit.stdout.toString('utf8')));
  throw new OpsError('SECRET_UNREADABLE', { message: `The command ${program} for \`${sources.name}\` failed`, detail: exit.stderrTail });
}

function trimLine(text: string): string {
  return text.replace(/\r?\n$/, '');
}
