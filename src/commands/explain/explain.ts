import { z } from 'zod';
import { type ErrorCode, errorCatalogue, isErrorCode } from '#kernel/error-catalogue';
import { OpsError } from '#kernel/errors';
import { exitCodes } from '#kernel/exit-codes';
import { suggest } from '#kernel/suggest';
import { lines, table, type View } from '#ui/view';
import type { CommandContext } from '../command.ts';

export const result = z.object({
  codes: z.array(
    z.object({ code: z.string(), exitCode: z.number(), title: z.string(), explain: z.string(), nextSteps: z.array(z.string()) }),
  ),
});

type Result = z.infer<typeof result>;

export async function run(ctx: CommandContext<{ code?: string }>): Promise<Result> {
  const all = Object.keys(errorCatalogue) as ErrorCode[];
  if (ctx.input.code === undefined) return { codes: all.sort().map(page) };
  const wanted = ctx.input.code.toUpperCase();
  if (isErrorCode(wanted)) return { codes: [page(wanted)] };
  const near = suggest(wanted, all);
  throw new OpsError('CODE_UNKNOWN', {
    message: `There is no code ${wanted}`,
    ...(near === undefined ? {} : { nextSteps: [`\`copilot-db explain ${near}\``] }),
  });
}

function page(code: ErrorCode): Result['codes'][number] {
  const { exit, title, explain, nextSteps } = errorCatalogue[code];
  return { code, exitCode: exitCodes[exit], title, explain, nextSteps: [...nextSteps] };
}

export function view({ codes }: Result): View {
  const [only] = codes;
  if (codes.length === 1 && only) {
    return lines(
      `${only.code}: ${only.title} (exit ${only.exitCode})`,
      '',
      only.explain,
      '',
      ...only.nextSteps.map((step) => `next: ${step}`),
    );
  }
  return table(
    codes,
    [
      { title: 'code', value: (row) => row.code },
      { title: 'exit', value: (row) => row.exitCode },
      { title: 'title', value: (row) => row.title },
    ],
    { empty: 'no codes' },
  );
}
