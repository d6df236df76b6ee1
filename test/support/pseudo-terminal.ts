import { spawn } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';

export interface TerminalSession {
  /** All that was shown so far, control codes included. */
  screen(): string;
  /** Waits until the text is on the screen. */
  see(text: string, timeoutMs?: number): Promise<void>;
  type(keys: string): void;
  /** The exit code, when the program has ended. */
  done: Promise<number | null>;
}

export const ctrlC = '\x03';
export const enter = '\r';

/** Runs a program on a real pseudo-terminal, made by script(1) of util-linux. */
export function onTerminal(command: string, args: readonly string[], env: Record<string, string | undefined> = {}): TerminalSession {
  const line = [command, ...args].map((word) => `'${word.replaceAll("'", `'\\''`)}'`).join(' ');
  const child = spawn('script', ['--quiet', '--return', '--flush', '--command', `stty cols 120; exec ${line}`, '/dev/null'], {
    env: { ...process.env, TERM: 'xterm', CI: '', ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let shown = '';
  child.stdout.on('data', (chunk: Buffer) => {
    shown += chunk.toString();
  });
  const done = new Promise<number | null>((resolve) => child.once('close', resolve));
  return {
    screen: () => shown,
    async see(text, timeoutMs = 20_000) {
      const giveUpAt = performance.now() + timeoutMs;
      while (!shown.includes(text)) {
        if (performance.now() > giveUpAt) throw new Error(`"${text}" did not appear; the screen shows:\n${shown}`);
        await sleep(20);
      }
    },
    type: (keys) => child.stdin.write(keys),
    done,
  };
}
