import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const bundle = (workflowsPath: string) =>
  bundleWorkflowCode({ workflowsPath, logger: new DefaultLogger('ERROR', () => {}) });
const { code } = await bundle(join(root, 'workflows', 'index.ts'));
/** Paths of all modules in the bundle, from its source map and module names. */
const modules = [...new Set(code.match(/"(?:\.\/|\.\.\/|\/)[^"\n]+?\.(?:ts|js|mjs|cjs)"/g) ?? [])];

it('workflow code holds no zod, no database, no hashing: nothing but itself and the SDK', () => {
  expect(modules.length).toBeGreaterThan(3);
  // nexus-rpc is a part of the SDK.
  const foreign = modules.filter((path) =>
    /node_modules\/(?!@temporalio|nexus-rpc|long|ms|protobufjs|@protobufjs)/.test(path),
  );
  expect(foreign).toEqual([]);
  expect(code).not.toMatch(/ZodError|node:crypto|kysely|"pg"/);
});

it('workflow code of ours comes from workflows/ alone; activities are named by type', () => {
  const ours = modules.filter((path) => !path.includes('node_modules'));
  expect(ours.filter((path) => !path.includes('workflows/'))).toEqual([]);
});

it('the bundler refuses a workflow that reaches for Node', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-workflow-'));
  writeFileSync(
    join(folder, 'index.ts'),
    `import { randomUUID } from 'node:crypto';\nexport async function roll() {\n  return randomUUID();\n}\n`,
  );
  await expect(bundle(join(folder, 'index.ts'))).rejects.toThrow('Webpack finished with errors');
});
