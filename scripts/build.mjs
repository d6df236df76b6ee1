// npm run build: bundles src into dist.
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { bundle, projectRoot } from './bundle.mjs';

const { version } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'));
const dist = join(projectRoot, 'dist');
const fresh = `${dist}.${process.pid}`;
const entries = ['main.mjs', 'wal.mjs'];

await bundle({ outdir: fresh, version });
// A server may be archiving through the old build: chunks carry their hash in the name and come first, then each entry takes its
// place in one step, and only then goes what nothing names any more.
mkdirSync(dist, { recursive: true });
const names = readdirSync(fresh);
for (const name of [...names.filter((each) => !entries.includes(each)), ...entries]) renameSync(join(fresh, name), join(dist, name));
for (const stale of readdirSync(dist).filter((name) => !names.includes(name))) rmSync(join(dist, stale), { recursive: true });
rmSync(fresh, { recursive: true });
