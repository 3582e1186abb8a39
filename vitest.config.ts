import { defineConfig } from 'vitest/config';

/**
 * Two projects. `pure` needs nothing but Node and runs in seconds (`npm run verify`); `real` starts real
 * Postgres and Temporal once for the whole run (`npm test`).
 */
const pureFolders = ['statistics', 'gates', 'assignment', 'evaluators', 'schema', 'config', 'workflows', 'house'];

export default defineConfig({
  test: {
    pool: 'forks',
    projects: [
      {
        test: {
          name: 'pure',
          include: pureFolders.map((folder) => `test/${folder}/**/*.test.ts`),
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'real',
          include: ['test/**/*.test.ts'],
          exclude: [...pureFolders.map((folder) => `test/${folder}/**`), '**/node_modules/**'],
          globalSetup: ['test/support/global-setup.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
