import { existsSync } from 'node:fs';
import { expect, it } from 'vitest';
import { errorCatalogue } from '#kernel/error-catalogue';
import { tempDir } from '#support/temp-dir';

it('resolves the subpath imports of package.json to the TypeScript sources', async () => {
  expect(Object.keys(errorCatalogue).length).toBeGreaterThan(0);
  expect(existsSync(await tempDir())).toBe(true);
});
