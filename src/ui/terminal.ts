import { styleText } from 'node:util';

/** What the program needs of a stream; process.stdout and a test's buffer both are one. */
export interface Output {
  write(text: string): void;
  isTerminal: boolean;
  /** Characters a line; 80 when unknown. */
  width: number;
}

/** The three streams and what is known of them. stdout, stderr and stdin are judged separately. */
export interface Terminal {
  stdout: Output;
  stderr: Output;
  /** True when somebody is there to answer: stdin and stderr are terminals and it is not a CI run. */
  canAsk: boolean;
  colour: { stdout: boolean; stderr: boolean };
}

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';

export function paint(terminal: Terminal, stream: 'stdout' | 'stderr', style: Style, text: string): string {
  return terminal.colour[stream] ? styleText(style, text, { validateStream: false }) : text;
}
