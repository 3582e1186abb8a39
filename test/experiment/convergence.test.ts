import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { ExperimentSpec } from '../../schema/contracts/spec.ts';
import { untilFinal } from '../support/follow-run.ts';
import { numberedRows, pushDataset } from '../support/push-dataset.ts';
import { useTestStack } from '../support/test-stack.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-convergence-'));
afterAll(() => rmSync(folder, { recursive: true }));
const functionsFile = join(folder, 'sluice.config.mjs');
writeFileSync(
  functionsFile,
  `const walk = ({ input, parameters }) => {
    const right = String(input.number);
    if (input.number % 2 < parameters.stopsWrong) return { output: 'wrong', steps: [{ output: 'wrong' }] };
    const needed = 2 + (input.number % 3) + parameters.more;
    const steps = Array.from({ length: needed }, (_, step) => ({ output: step + 1 < needed ? 'not yet' : right }));
    return { output: right, steps };
  };
  export default { agents: { walk } };\n`,
);
const { db, sluice } = await useTestStack({ functionsFile });
await pushDataset(sluice, 'numbers', numberedRows(40));

const walker = (parameters: { more: number; stopsWrong: number }): ExperimentSpec['variants'][string] => ({
  adapter: 'function',
  function: 'walk',
  parameters,
});

async function run(candidate: { more: number; stopsWrong: number }) {
  const { id } = await sluice.runs.start.mutate({
    spec: {
      kind: 'experiment',
      name: 'walkers',
      dataset: 'numbers',
      variants: { control: walker({ more: 0, stopsWrong: 0 }), candidate: walker(candidate) },
      evaluators: [
        { type: 'exact_match', name: 'correct' },
        { type: 'convergence', name: 'steps_to_answer', correct: { type: 'exact_match' } },
      ],
      gate: { criteria: [{ metric: 'correct' }, { metric: 'steps_to_answer' }] },
    },
  });
  const result = await untilFinal(sluice, id);
  const stepsOf = (variant: string) =>
    result.metrics.find((one) => one.metric === 'steps_to_answer' && one.variant === variant);
  const comparison = (metric: string) => result.comparisons.find((one) => one.metric === metric);
  return { result, control: stepsOf('control'), candidate: stepsOf('candidate'), comparison };
}

it('flags two more steps to equally good answers, from the steps that the agent tells', async () => {
  const { result, control, candidate, comparison } = await run({ more: 2, stopsWrong: 0 });
  expect(comparison('correct')).toMatchObject({ estimate: 0, verdict: 'pass' });
  expect(comparison('steps_to_answer')).toMatchObject({ estimate: 2, verdict: 'fail' });
  expect(comparison('steps_to_answer')?.interval?.[0]).toBeGreaterThan(0);
  expect(result).toMatchObject({ verdict: 'fail', action: 'roll_back' });
  expect(result.reasons.join()).toContain('steps_to_answer: candidate needs 2.0 more steps than control');
  expect(control).toMatchObject({ kind: 'count', convergence: { converged: 40, efficiency: 1 } });
  expect(candidate?.convergence).toMatchObject({ converged: 40, horizon: 6, optimum: control?.mean });
});

it('never takes an early wrong stop for a better way, in rows, verdict and optimum', async () => {
  const { result, control, candidate, comparison } = await run({ more: 0, stopsWrong: 1 });
  expect(comparison('steps_to_answer')?.estimate).toBeGreaterThan(0);
  expect(result.verdict).toBe('fail');
  expect(candidate?.convergence).toMatchObject({ converged: 20, efficiency: 0.5, optimum: control?.mean });
  const labels = await db
    .selectFrom('score')
    .select(['label', 'score'])
    .where('name', '=', 'steps_to_answer')
    .where('label', '=', 'never_converged')
    .execute();
  expect(labels).toHaveLength(20);
  expect(labels.every(({ score }) => score === 1)).toBe(true);
});
