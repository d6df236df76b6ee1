import { z } from 'zod';
import { configSchema } from '#config/schema';
import { lines, type View } from '#ui/view';

export const result = z.object({ jsonSchema: z.record(z.string(), z.unknown()) });

type Result = z.infer<typeof result>;

export async function run(): Promise<Result> {
  return { jsonSchema: z.toJSONSchema(configSchema, { io: 'input', unrepresentable: 'any' }) as Record<string, unknown> };
}

export function view({ jsonSchema }: Result): View {
  return lines(JSON.stringify(jsonSchema, null, 2));
}
