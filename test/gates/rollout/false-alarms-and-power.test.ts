import { expect, test } from 'vitest';
import { createGenerator } from '../../../statistics/generator.ts';
import { resolved, rolloutPlan, stage } from './rollout-plan.ts';
import { simulateUnits } from './simulate-units.ts';

const runs = 300;

function shareRolledBack(input: Omit<Parameters<typeof simulateUnits>[0], 'generator'>) {
  let found = 0;
  for (let run = 0; run < runs; run++) {
    const harm = simulateUnits({ ...input, generator: createGenerator(`rollout ${run}`) });
    if (harm !== null) found += 1;
  }
  return found / runs;
}

test('an equal candidate is called harmful in at most 22 of 300 runs, while the share ramps and the base rate drifts', () => {
  const plan = rolloutPlan({ stages: [stage(0.05), stage(0.2), stage(0.5)] });
  const drift = (unit: number) => 0.8 - (0.2 * unit) / 6_000;
  const share = shareRolledBack({
    plan,
    metric: 'resolved',
    rate: (_, unit) => drift(unit),
    unitsPerStage: 2_000,
    lookEvery: 100,
  });
  expect(Math.round(share * runs)).toBeLessThanOrEqual(22);
});

test('a candidate 10 points worse on a 70 % metric is rolled back within 1,700 units at 50 % in 9 of 10 runs', () => {
  const rate = (arm: string) => (arm === 'candidate' ? 0.6 : 0.7);
  const common = { plan: rolloutPlan(), metric: 'resolved', rate, unitsPerStage: 1_700, lookEvery: 25 };
  expect(shareRolledBack(common)).toBeGreaterThanOrEqual(0.9);
});

test('the same at a share of 5 % is rolled back within 450 units of the candidate in 9 of 10 runs', () => {
  const rate = (arm: string) => (arm === 'candidate' ? 0.6 : 0.7);
  const plan = rolloutPlan({ stages: [stage(0.05)] });
  let found = 0;
  for (let run = 0; run < runs; run++) {
    const generator = createGenerator(`rollout at 5 % ${run}`);
    const harm = simulateUnits({ plan, metric: 'resolved', rate, unitsPerStage: 12_000, lookEvery: 100, generator });
    if (harm !== null && harm.candidate <= 450) found += 1;
  }
  expect(found / runs).toBeGreaterThanOrEqual(0.9);
});

test('a candidate 20 points worse is rolled back within 500 units at 50 % in 9 of 10 runs', () => {
  const rate = (arm: string) => (arm === 'candidate' ? 0.5 : 0.7);
  const common = { plan: rolloutPlan(), metric: 'resolved', rate, unitsPerStage: 500, lookEvery: 25 };
  expect(shareRolledBack(common)).toBeGreaterThanOrEqual(0.9);
});

test('an error rate that goes from 1 to 5 % is rolled back within 1,300 units at 50 % in 9 of 10 runs', () => {
  const rate = (arm: string) => (arm === 'candidate' ? 0.05 : 0.01);
  const errorRate = resolved({
    name: 'errorRate',
    source: 'builtin',
    direction: 'lower',
    anchor: 0.99,
    anchorKnown: true,
  });
  const common = {
    plan: rolloutPlan({ metrics: [errorRate] }),
    metric: 'errorRate',
    rate,
    unitsPerStage: 1_300,
    lookEvery: 25,
  };
  expect(shareRolledBack(common)).toBeGreaterThanOrEqual(0.9);
});
