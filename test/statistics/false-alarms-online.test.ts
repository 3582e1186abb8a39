import { describe, expect, it } from 'vitest';
import { designMixture, type MixtureStage } from '../../statistics/design-mixture.ts';
import { mixtureInterval } from '../../statistics/mixture-interval.ts';
import { nonInferiorityTTest } from '../../statistics/non-inferiority-t-test.ts';
import { sampleRatioTest } from '../../statistics/sample-ratio-test.ts';
import { sequentialSampleRatioTest } from '../../statistics/sequential-sample-ratio-test.ts';
import { type SampleSummary, welchTTest } from '../../statistics/welch-t-test.ts';
import { atAnyLook, type Ramp, simulateRollout } from './reference/rollout.ts';
import { countVerdicts, excludes, mostWrong, seed, successes } from './reference/simulate.ts';

const shares = [0.05, 0.2, 0.5];
const drifts: Record<string, (moment: number) => number> = {
  'a flat base rate': () => 0.7,
  'a base rate falling from 80 to 60 %': (moment) => 0.8 - 0.2 * moment,
  'a base rate that swings': (moment) => 0.7 + 0.15 * Math.sin(12 * moment),
};
const harmed = (stages: readonly MixtureStage[]) => designMixture({ stages, alpha: 0.05, margin: 0 }).harm;

describe(`a rollout of a version against itself is rolled back at most as often as alpha says, looking 30 times (seed ${seed})`, () => {
  it.each(Object.keys(drifts))('ramping from 5 to 20 to 50 percent under %s', (name) => {
    const ramp: Ramp = { shares, unitsPerStage: 1_000, baseRate: drifts[name] as (moment: number) => number };
    const wrong = countVerdicts(name, (generator) =>
      atAnyLook({ units: simulateRollout(generator, ramp), shares, step: 100, anchor: 0.7 }, harmed),
    );
    expect(wrong).toBeLessThanOrEqual(mostWrong);
  });

  it('and its interval excludes no difference at no look more often than that', () => {
    const ramp: Ramp = { shares, unitsPerStage: 400, baseRate: (moment) => 0.8 - 0.2 * moment };
    const wrong = countVerdicts('mixture interval', (generator) =>
      atAnyLook({ units: simulateRollout(generator, ramp), shares, step: 200, anchor: 0.7 }, (stages) => {
        const { low, high } = mixtureInterval({ stages, confidence: 0.95 });
        return (low !== null && low > 0) || (high !== null && high < 0);
      }),
    );
    expect(wrong).toBeLessThanOrEqual(mostWrong);
  });

  it('a candidate exactly at the margin is called clear at most as often', () => {
    const ramp: Ramp = { shares: [0.5], unitsPerStage: 2_000, baseRate: () => 0.7, effect: -0.05 };
    const wrong = countVerdicts('clear at the margin', (generator) =>
      atAnyLook(
        { units: simulateRollout(generator, ramp), shares: [0.5], step: 100, anchor: 0.7 },
        (stages) => designMixture({ stages, alpha: 0.05, margin: 0.05 }).clear,
      ),
    );
    expect(wrong).toBeLessThanOrEqual(mostWrong);
  });
});

/** Summary of a pass/fail metric, with Bessel's correction. */
function passFail(passed: number, n: number): SampleSummary {
  const mean = passed / n;
  return { mean, n, variance: (mean * (1 - mean) * n) / (n - 1) };
}

describe('an A/B test of a version against itself at its planned end', () => {
  it.each([
    { candidate: 400, control: 400 },
    { candidate: 200, control: 1_800 },
  ])('Welch with $candidate and $control units', (units) => {
    const wrong = countVerdicts(`welch ${units.candidate}`, (generator) =>
      excludes(
        welchTTest({
          candidate: passFail(successes(generator, units.candidate, 0.6), units.candidate),
          control: passFail(successes(generator, units.control, 0.6), units.control),
          confidence: 0.95,
        }),
      ),
    );
    expect(wrong).toBeLessThanOrEqual(mostWrong);
  });

  it('is not called non-inferior more often than alpha when it is worse by the margin', () => {
    const wrong = countVerdicts('non-inferior', (generator) => {
      const candidate = passFail(successes(generator, 500, 0.65), 500);
      const control = passFail(successes(generator, 500, 0.7), 500);
      return nonInferiorityTTest({ candidate, control, alpha: 0.05, margin: 0.05 }).nonInferior;
    });
    expect(wrong).toBeLessThanOrEqual(mostWrong);
  });
});

describe('traffic that is split as planned is called broken at most as often as alpha says', () => {
  it('looking 50 times with the sequential test at 5 %', () => {
    const wrong = countVerdicts('sequential ratio', (generator) => {
      const batches = Array.from({ length: 50 }, () => {
        const candidate = successes(generator, 40, 0.2);
        return [candidate, 40 - candidate];
      });
      const looks = sequentialSampleRatioTest({ batches, weights: [0.2, 0.8], concentration: 100 });
      return (looks.at(-1)?.pValue ?? 1) <= 0.05;
    });
    expect(wrong).toBeLessThanOrEqual(mostWrong);
  });

  it('looking once with the chi-square test at 0.1 %', () => {
    const wrong = countVerdicts('chi-square ratio', (generator) => {
      const candidate = successes(generator, 500, 0.2);
      return sampleRatioTest({ observed: [candidate, 500 - candidate], weights: [0.2, 0.8] }).mismatch;
    });
    // 2,000 x 0.001 = 2 expected; more than 8 has a probability below 0.03 %.
    expect(wrong).toBeLessThanOrEqual(8);
  });

  it('while a split of 22 % where 20 % was planned is found', () => {
    const batches = Array.from({ length: 50 }, () => [220, 780]);
    expect(sequentialSampleRatioTest({ batches, weights: [0.2, 0.8] }).at(-1)?.pValue).toBeLessThan(1e-6);
    expect(sampleRatioTest({ observed: [2200, 7800], weights: [0.2, 0.8] }).mismatch).toBe(true);
  });
});
