// Runs every benchmark in bench/ and prints ratios: each is measured side by side with what it is compared to, in this very run.
import { readdirSync } from 'node:fs';
import { cpus } from 'node:os';

const folder = new URL('../bench/', import.meta.url);
const wanted = process.argv.slice(2);

console.log(
  `${new Date().toISOString().slice(0, 10)}, node ${process.version}, ${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}\n`,
);
for (const name of readdirSync(folder).filter((file) => file.endsWith('.mjs'))) {
  if (wanted.length > 0 && !wanted.includes(name.replace('.mjs', ''))) continue;
  const { default: run } = await import(new URL(name, folder).href);
  console.log(name.replace('.mjs', ''));
  console.table(await run());
}
