import { defineConfig } from 'vitest/config';

/**
 * Three projects. `pure` needs nothing but Node and runs in seconds (`npm run verify`); `real` starts real
 * Postgres and Temporal once for the whole run; `e2e` starts whole stacks as a user does (`npm test` runs all).
 */
const pureFolders = [
  'statistics',
  'gates',
  'assignment',
  'evaluators',
  'schema',
  'config',
  'workflows',
  'house',
  'cli/report',
];

export default defineConfig({
  test: {
    pool: 'forks',
    // Node runs TypeScript by itself: the tests load the code as users' processes do, and faster.
    experimental: { viteModuleRunner: false },
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
          exclude: [...[...pureFolders, 'e2e'].map((folder) => `test/${folder}/**`), '**/node_modules/**'],
          globalSetup: ['test/support/global-setup.ts'],
          // Tests have servers of their own; those of the person who runs them are none of their business.
          env: { DATABASE_URL: '', TEMPORAL_ADDRESS: '' },
          maxWorkers: 2,
          // Every file has its own database and namespace; loading the SDK anew for each would take half of the time.
          isolate: false,
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          globalSetup: ['test/e2e/start-shared-stack.ts'],
          // After the others, and one file at a time: these tests kill processes and say how long things take.
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
