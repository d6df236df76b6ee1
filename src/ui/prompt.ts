import type { Readable, Writable } from 'node:stream';

/**
 * The only file that knows clack, which is made for terminals and for nothing else: it writes cursor codes into pipes and takes
 * over signals. It is loaded only when both ends are terminals, writes to stderr, and never asks yes or no for a destructive act.
 */
export interface Prompt {
  confirm(question: string): Promise<boolean>;
  text(question: string, options?: { placeholder?: string; refuse?: (answer: string) => string | undefined }): Promise<string>;
  choose(question: string, choices: readonly { value: string; label: string; hint?: string }[]): Promise<string>;
}

/** @throws what `cancelled` makes when the operator presses Ctrl-C or Escape at a question */
export function openPrompt(streams: { input: Readable; output: Writable; signal: AbortSignal }, cancelled: () => Error): Prompt {
  const clack = () => import('@clack/prompts');
  const orCancelled = <Answer>(answer: Answer): Exclude<Answer, symbol> => {
    if (typeof answer === 'symbol') throw cancelled();
    return answer as Exclude<Answer, symbol>;
  };
  return {
    async confirm(message) {
      return orCancelled(await (await clack()).confirm({ message, initialValue: false, ...streams }));
    },
    async text(message, options = {}) {
      const { placeholder, refuse } = options;
      const answer = await (await clack()).text({
        message,
        ...streams,
        ...(placeholder === undefined ? {} : { placeholder }),
        ...(refuse === undefined ? {} : { validate: (value: string | undefined) => refuse(value ?? '') }),
      });
      return orCancelled(answer);
    },
    async choose(message, choices) {
      return orCancelled(await (await clack()).select({ message, options: [...choices], ...streams }));
    },
  };
}
