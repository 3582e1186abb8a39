import { expect, it } from 'vitest';
import { experimentSpec, solver } from '../support/experiment-spec.ts';
import { untilFinal } from '../support/follow-run.ts';
import { numberedRows, pushDataset } from '../support/push-dataset.ts';
import { useTestStack } from '../support/test-stack.ts';

const { sluice } = await useTestStack();
await pushDataset(sluice, 'numbers', numberedRows(60));

it('a run that has spent its budget calls nobody any more, says so, and cannot pass', async () => {
  const concurrency = 4;
  // 120 calls at $0.001 each, and a budget for 40.
  const spec = experimentSpec({
    concurrency,
    variants: { control: solver(20), candidate: solver(50) },
    budget: { maxCostUsd: 0.04 },
    gate: { criteria: [{ metric: 'correct', hypothesis: 'superior' }] },
  });
  const started = await sluice.runs.start.mutate({ spec });
  const run = await untilFinal(sluice, started.id);
  expect(run.counts.succeeded).toBeGreaterThanOrEqual(40);
  expect(run.counts.succeeded).toBeLessThanOrEqual(40 + concurrency);
  expect(run.counts.notRun).toBe(120 - run.counts.succeeded);
  expect(run.counts.missing).toBe(0);
  expect(run.agentCalls).toBe(run.counts.succeeded);
  expect(run).toMatchObject({ status: 'completed', verdict: 'inconclusive', action: 'hold' });
  expect(run.reasons[0]).toContain('of the budget of $0.04 were spent');
});
