#!/usr/bin/env node
try {
  await import('../dist/main.mjs');
} catch (error) {
  if (error.code !== 'ERR_MODULE_NOT_FOUND' || !String(error.message).includes('dist/main.mjs')) throw error;
  process.stderr.write('error: copilot-db is not built yet\n  next: npm ci && npm run build\n');
  process.exitCode = 2;
}
