// npm run build: bundles src into dist.
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { bundle, projectRoot } from './bundle.mjs';

const { version } = JSON.parse(readFileSync(join(projectRoot, 'package.json'), 'utf8'));
const dist = join(projectRoot, 'dist');
const fresh = `${dist}.${process.pid}`;
const old = `${dist}.old.${process.pid}`;

await bundle({ outdir: fresh, version });
// A server may be archiving through the old build: the new one takes its place in one step.
if (existsSync(dist)) renameSync(dist, old);
renameSync(fresh, dist);
rmSync(old, { recursive: true, force: true });
