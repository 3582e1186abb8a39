import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { experimentSpec } from '../support/experiment-spec.ts';
import { untilFinal } from '../support/follow-run.ts';
import { numberedRows, pushDataset } from '../support/push-dataset.ts';
import { useTestStack } from '../support/test-stack.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-functions-'));
const functionsFile = join(folder, 'sluice.config.ts');
writeFileSync(functionsFile, 'export default { agents: { echo: (} };\n');
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const { sluice } = await useTestStack({ functionsFile });
await pushDataset(sluice, 'numbers', numberedRows(2));

/** An activity's error reached the user without its advice: "This is a defect or a broken installation". */
it('a run that fails for a broken sluice.config.ts says which file, and what to do', async () => {
  const { id } = await sluice.runs.start.mutate({ spec: experimentSpec() });
  const { status, error } = await untilFinal(sluice, id);
  expect(status).toBe('failed');
  expect(error?.message).toContain(`${functionsFile} cannot be loaded`);
  expect(error?.fix).toContain('Its default export must be');
});
