import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { ExampleRow } from '../../schema/contracts/dataset.ts';
import { experimentSpec, solver } from '../support/experiment-spec.ts';
import { untilFinal } from '../support/follow-run.ts';
import { numberedRows, pushDataset } from '../support/push-dataset.ts';
import { runCli } from '../support/run-cli.ts';
import { useTestStack } from '../support/test-stack.ts';

const stack = await useTestStack();
const env = { SLUICE_URL: stack.url, SLUICE_API_KEY: stack.keys.engineer };

it('a golden case that breaks is named with its owner and reason: in the verdict, the report and the list of examples', async () => {
  const rows = numberedRows(10).map(
    (row, index): ExampleRow =>
      index === 7
        ? { ...row, splits: ['golden'], metadata: { owner: 'ada', reason: 'lost us a customer' } }
        : { ...row, metadata: { owner: 'nobody' } },
  );
  await pushDataset(stack.sluice, 'numbers', rows);
  const { id } = await stack.sluice.runs.start.mutate({
    spec: experimentSpec({
      variants: { control: solver(10), candidate: solver(7) },
      gate: { criteria: [{ metric: 'correct', split: 'golden', mustPass: true }] },
    }),
  });
  const run = await untilFinal(stack.sluice, id);
  expect(run.verdict).toBe('fail');
  expect(run.reasons.join('\n')).toContain('(e7 - owned by ada - lost us a customer): a must-pass case is broken.');

  const { examples } = await stack.sluice.runs.examples.query({ id, metric: 'correct' });
  expect(Object.fromEntries(examples.map((one) => [one.id, one.golden]))).toEqual({
    e7: { owner: 'ada', reason: 'lost us a customer' },
    e8: null,
    e9: null,
  });
  const listed = await runCli(['run', 'examples', id, '--metric', 'correct'], { env });
  expect(listed.stdout).toContain('  golden    owned by ada: lost us a customer\n');
  const cwd = mkdtempSync(join(tmpdir(), 'sluice-golden-'));
  await runCli(['gate', 'check', id, '--markdown', 'report.md'], { env, cwd });
  const report = readFileSync(join(cwd, 'report.md'), 'utf8');
  rmSync(cwd, { recursive: true });
  expect(report).toContain('<b>golden</b>\nowned by ada: lost us a customer');
});
