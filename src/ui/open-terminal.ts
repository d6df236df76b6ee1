import type { ReadStream, WriteStream } from 'node:tty';
import type { Output, Terminal } from './terminal.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** What the real streams are. NO_COLOR, FORCE_COLOR and TERM=dumb are heeded; CI never gets asked. */
export function openTerminal(
  stdin: Partial<Pick<ReadStream, 'isTTY'>>,
  stdout: Pick<WriteStream, 'write'> & Partial<WriteStream>,
  stderr: Pick<WriteStream, 'write'> & Partial<WriteStream>,
  env: Env,
  noColour: boolean,
): Terminal {
  const isDumb = env.TERM === 'dumb' || Boolean(env.NO_COLOR) || noColour;
  const forced = Boolean(env.FORCE_COLOR) && env.FORCE_COLOR !== '0' && !noColour;
  const output = (stream: Pick<WriteStream, 'write'> & Partial<WriteStream>): Output => ({
    write: (text) => void stream.write(text),
    isTerminal: stream.isTTY === true,
    // A terminal that does not know its size says 0.
    width: stream.columns || 80,
  });
  return {
    stdout: output(stdout),
    stderr: output(stderr),
    canAsk: stdin.isTTY === true && stderr.isTTY === true && !env.CI,
    colour: { stdout: forced || (stdout.isTTY === true && !isDumb), stderr: forced || (stderr.isTTY === true && !isDumb) },
  };
}
