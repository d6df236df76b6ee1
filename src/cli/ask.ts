import type { Question } from '#commands/command';
import { OpsError } from '#kernel/errors';
import type { Asker } from '#operations/guard';
import { openPrompt } from '#ui/prompt';
import type { CliOptions } from './run-cli.ts';
import { Stop } from './stop.ts';

/** Asks when somebody is there; undefined means that nobody is, and guards then refuse. */
export function openAsker(options: CliOptions, signal: AbortSignal): Asker | undefined {
  if (!options.terminal.canAsk) return undefined;
  const prompt = openPrompt({ ...options.streams, signal }, () => new Stop('interrupted'));
  return {
    confirm: (question) => prompt.confirm(question),
    typeName: (question) => prompt.text(question),
  };
}

/** @throws USAGE_MISSING without a terminal */
export async function askFor(question: Question, options: CliOptions, signal: AbortSignal): Promise<string> {
  const option = `--${question.input.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  if (!options.terminal.canAsk) {
    throw new OpsError('USAGE_MISSING', {
      message: `${option} is missing: ${question.text}`,
      detail: question.picture?.join('\n'),
      nextSteps: question.nextSteps ?? [`Give ${option}`],
    });
  }
  for (const line of question.picture ?? []) options.terminal.stderr.write(`${line}\n`);
  const prompt = openPrompt({ ...options.streams, signal }, () => new Stop('interrupted'));
  if (question.choices) return prompt.choose(question.text, question.choices);
  const { placeholder, refuse } = question;
  return prompt.text(question.text, { ...(placeholder === undefined ? {} : { placeholder }), ...(refuse === undefined ? {} : { refuse }) });
}
