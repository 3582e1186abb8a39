import { expect, it } from 'vitest';
import { changedExamples } from '../../gates/changed-examples.ts';
import { joinEvidence } from '../../gates/join-evidence.ts';
import { judgeExperiment } from '../../gates/judge-experiment.ts';
import type { MetricEvidence } from '../../schema/contracts/evidence.ts';
import type { Criterion } from '../../schema/contracts/gate.ts';
import { createGenerator } from '../../statistics/generator.ts';
import { countVerdicts, excludes, seed } from '../statistics/reference/simulate.ts';
import { evidenceOf, listOf, metricOf } from './build-evidence.ts';

/** Steps of a trial; negative: never converged, watched for so many steps. */
type Steps = Record<string, readonly (number | null | 'missing')[]>;

function stepsOf(steps: Steps, options: Partial<MetricEvidence> = {}): MetricEvidence {
  const plain = Object.fromEntries(
    Object.entries(steps).map(([variant, values]) => [
      variant,
      values.map((value) => (typeof value === 'number' ? Math.abs(value) : value)),
    ]),
  );
  const marks = Object.entries(steps).map(([variant, values]): [string, Uint8Array] => [
    variant,
    Uint8Array.from(values, (value) => (typeof value === 'number' && value <= 0 ? 1 : 0)),
  ]);
  const censored = Object.fromEntries(marks);
  return metricOf('steps_to_answer', plain, { kind: 'count', direction: 'lower', range: null, censored, ...options });
}

function judge(steps: Steps, criterion: Partial<Criterion> = {}, options: Partial<MetricEvidence> = {}) {
  const policy = { criteria: [{ metric: 'steps_to_answer', ...criterion }] };
  const judged = judgeExperiment(policy, evidenceOf([stepsOf(steps, options)]), { seed: 's' });
  const [comparison] = judged.comparisons;
  const [control, candidate] = judged.metrics;
  return { ...judged, comparison, control, candidate };
}

it('flags two more steps at equal accuracy as a regression, with an interval that excludes none', () => {
  const random = createGenerator('two more');
  const control = listOf(60, () => 2 + random.nextInt(4));
  const candidate = control.map((steps) => steps + 1 + random.nextInt(3));
  const { verdict, reasons, comparison } = judge({ control, candidate });
  expect(verdict).toBe('fail');
  const [low = 0, high = 0] = comparison?.interval ?? [];
  expect(low).toBeGreaterThan(1.5);
  expect(high).toBeLessThan(2.5);
  expect(comparison?.estimate).toBeGreaterThan(low);
  expect(reasons[0]).toMatch(
    /^steps_to_answer: candidate needs \d\.\d more steps than control \(.* steps against .* steps; 95 % interval \+1\.\d to \+2\.\d steps, n = 60, .*\): a regression\.$/,
  );
});

it('never takes an early wrong stop for a fast answer, nor for the optimum', () => {
  const control = listOf(40, (index) => 4 + (index % 3));
  // Wrong after one step on half of the examples; elsewhere exactly as control.
  const candidate = control.map((steps, index) => (index % 2 === 0 ? -1 : steps));
  const { verdict, comparison, ...judged } = judge({ control, candidate });
  expect(verdict).toBe('fail');
  expect(comparison?.estimate).toBeGreaterThan(0);
  expect(judged.candidate?.convergence).toMatchObject({ converged: 20, horizon: 6 });
  const optimum = control.reduce((sum, steps) => sum + steps, 0) / 40;
  expect(judged.candidate?.convergence?.optimum).toBeCloseTo(optimum, 12);
  expect(judged.control?.convergence).toMatchObject({ converged: 40, efficiency: 1 });
  expect(judged.candidate?.convergence?.efficiency).toBe(0.5);
  expect(judged.reasons[0]).toContain('never converged: 0 of control, 20 of candidate, each taken as 6.0 steps');
  // Still worse when it always stops wrong.
  expect(judge({ control, candidate: control.map(() => -1) }).verdict).toBe('fail');
});

it('takes a failed call for one that never converged, and a missing one for missing', () => {
  const control = listOf(20, () => 3);
  expect(
    judge({ control, candidate: control.map((steps, index) => (index < 12 ? 0 : steps)) }, {}, { horizon: 9 }),
  ).toMatchObject({ verdict: 'fail', comparison: { estimate: 3.6 } });
  const gap = judge({ control, candidate: control.map((steps, index) => (index === 0 ? 'missing' : steps)) });
  expect(gap.verdict).toBe('inconclusive');
  expect(gap.reasons[0]).toContain('1 value is missing');
});

it('counts steps beyond the declared horizon as never converged, and holds everybody to it', () => {
  const control = listOf(20, () => 4);
  const candidate = control.map((_, index) => (index < 10 ? 50 : 4));
  const judged = judge({ control, candidate }, {}, { horizon: 10 });
  expect(judged.candidate).toMatchObject({ mean: 7, convergence: { converged: 10, horizon: 10 } });
  expect(judged.comparison?.estimate).toBe(3);
});

it('decides nothing where no trial of any variant converged', () => {
  const judged = judge({ control: listOf(20, () => -3), candidate: listOf(20, () => -1) });
  expect(judged.verdict).toBe('inconclusive');
  expect(judged.comparison).toMatchObject({ estimate: null, interval: null });
  expect(judged.comparison?.reason).toContain('no trial of any variant converged');
  expect(judged.control).toMatchObject({ mean: null, convergence: { converged: 0, horizon: null, optimum: null } });
  const floor = judge({ control: [-3, -3], candidate: [-1, -1] }, { hypothesis: 'absolute', max: 5 });
  expect(floor.verdict).toBe('inconclusive');
});

it('shows the Kaplan-Meier mean beside, which a wrong stop flatters and which decides nothing', () => {
  const control = listOf(40, (index) => 4 + (index % 3));
  const candidate = control.map((steps, index) => (index % 2 === 0 ? -1 : steps));
  const judged = judge({ control, candidate });
  // Times 4, 5, 6 with 7, 7, 6 of 20 seen to converge: as if the wrong stops might still have.
  expect(judged.candidate?.convergence?.kaplanMeier.mean).toBeCloseTo(4.95, 1);
  expect(judged.candidate?.mean).toBeGreaterThan(5.4);
});

it('identical outputs do not make identical ways to them', () => {
  const metric = stepsOf({ control: listOf(30, () => 2), candidate: listOf(30, (index) => 3 + (index % 2)) });
  const evidence = evidenceOf([metric], { identical: { candidate: new Uint8Array(30).fill(1) } });
  expect(judgeExperiment(null, evidence, { seed: 's' }).comparisons[0]).toMatchObject({ verdict: 'fail' });
});

const runs = 300;
/** 99 % bound of 300 A/A runs at 5 %. */
const mostWrong = 25;

it(`calls steps of one agent against itself different at most as often as alpha says (seed ${seed})`, () => {
  const wrong = countVerdicts(
    'convergence A/A',
    (generator) => {
      // Hard examples take longer and are missed more often, by a wrong stop at any step.
      const draw = (hard: number) => {
        const steps = 1 + Math.floor(-Math.log(1 - generator.next()) * (1 + 4 * hard));
        return generator.next() < 0.4 * hard ? -(1 + generator.nextInt(3)) : Math.min(steps, 20);
      };
      const hardness = listOf(40, () => generator.next());
      const steps = { control: hardness.map(draw), candidate: hardness.map(draw) };
      const { comparison } = judge(steps);
      return excludes(comparison as Parameters<typeof excludes>[0]);
    },
    runs,
  );
  expect(wrong).toBeLessThanOrEqual(mostWrong);
});

it('compares steps of two runs only where both were watched equally long', () => {
  const side = (steps: readonly number[], options: Partial<MetricEvidence> = {}) => {
    const evidence = evidenceOf([stepsOf({ control: steps, candidate: steps }, options)]);
    return { evidence, variant: 'control', outputs: steps.map(() => ({ revisionId: 'r', hashes: [null] })) };
  };
  const joined = joinEvidence(side(listOf(20, () => 3)), side(listOf(20, (index) => (index < 10 ? -1 : 3))));
  const { comparisons } = judgeExperiment(null, joined.evidence, { seed: 's' });
  // A wrong stop counts as the slowest right answer: level, never better.
  expect(comparisons[0]).toMatchObject({ metric: 'steps_to_answer', estimate: 0, improved: 0 });
  const otherwise = joinEvidence(
    side(listOf(20, () => 3)),
    side(
      listOf(20, () => 3),
      { horizon: 9 },
    ),
  );
  expect(otherwise.warnings).toEqual(['steps_to_answer is not compared: it is measured otherwise in a']);
});

it('lists no example as improved because a candidate stopped early and wrong', () => {
  const metric = stepsOf({ control: [5, 5, 5, 4], candidate: [-1, 5, 3, -2] });
  expect(changedExamples(evidenceOf([metric]), 'steps_to_answer', 'candidate')).toEqual({
    improved: ['e2'],
    regressed: ['e3'],
    flaky: [],
  });
});
