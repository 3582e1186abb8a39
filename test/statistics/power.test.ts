import { describe, expect, it } from 'vitest';
import { clusteredTInterval } from '../../statistics/clustered-t-interval.ts';
import { designMixture } from '../../statistics/design-mixture.ts';
import { mcnemarDetectableEffect, mcnemarPower } from '../../statistics/mcnemar-power.ts';
import { mcnemarTest } from '../../statistics/mcnemar-test.ts';
import { pairedMeanDetectableEffect, pairedMeanPower } from '../../statistics/paired-mean-power.ts';
import { signFlipTest } from '../../statistics/sign-flip-test.ts';
import { twoSamplePower, twoSampleSize } from '../../statistics/two-sample-power.ts';
import { welchTTest } from '../../statistics/welch-t-test.ts';
import { atAnyLook, simulateRollout } from './reference/rollout.ts';
import { countVerdicts, excludes, experiments, sample, seed } from './reference/simulate.ts';

const within5Points = (simulated: number, promised: number, runs = experiments) =>
  expect(Math.abs(simulated / runs - promised), `simulated ${simulated / runs}, promised ${promised}`).toBeLessThan(
    0.05,
  );

describe(`the power a plan promises is the power a run has, within 5 points (seed ${seed})`, () => {
  it.each([
    { n: 200, onlyCandidate: 0.12, onlyControl: 0.04 },
    { n: 50, onlyCandidate: 0.3, onlyControl: 0.1 },
    { n: 1319, onlyCandidate: 0.1, onlyControl: 0.08 },
  ])('exact McNemar over $n examples', ({ n, onlyCandidate, onlyControl }) => {
    const found = countVerdicts(`mcnemar ${n}`, (generator) => {
      let better = 0;
      let worse = 0;
      for (let i = 0; i < n; i++) {
        const draw = generator.next();
        if (draw < onlyCandidate) better++;
        else if (draw < onlyCandidate + onlyControl) worse++;
      }
      return mcnemarTest({ onlyCandidate: better, onlyControl: worse }).pValue <= 0.05;
    });
    within5Points(found, mcnemarPower({ n, onlyCandidate, onlyControl, alpha: 0.05 }));
  });

  it('sign flips of 30 examples against the t test they approach', () => {
    const found = countVerdicts('sign-flip power', (generator) => {
      const differences = sample(30, () => 0.55 + generator.nextNormal());
      return (signFlipTest({ differences, permutations: 999, generator }).pValue as number) <= 0.05;
    });
    within5Points(found, pairedMeanPower({ units: 30, betweenVariance: 1, effect: 0.55, alpha: 0.05 }));
  });

  it('clustered t over 150 clusters of 4 whose examples share half their variance', () => {
    const plan = {
      units: 600,
      betweenVariance: 1,
      clusterSize: 4,
      intraclassCorrelation: 0.5,
      effect: 0.15,
      alpha: 0.05,
    };
    const clusters = Array.from({ length: 600 }, (_, i) => Math.floor(i / 4));
    const found = countVerdicts('cluster power', (generator) => {
      const shared = sample(150, () => Math.SQRT1_2 * generator.nextNormal());
      const values = sample(
        600,
        (i) => 0.15 + (shared[Math.floor(i / 4)] as number) + Math.SQRT1_2 * generator.nextNormal(),
      );
      return excludes(clusteredTInterval({ values, clusters, confidence: 0.95 }));
    });
    within5Points(found, pairedMeanPower(plan));
  });

  it('Welch at the planned end of an A/B test', () => {
    const effect = { kind: 'mean', standardizedDifference: 0.4 } as const;
    const n = Math.ceil(twoSampleSize({ effect, alpha: 0.05, power: 0.8 }) as number);
    const found = countVerdicts('welch power', (generator) => {
      const summary = (mean: number) => {
        const values = sample(n, () => 10 + mean + generator.nextNormal());
        const average = values.reduce((sum, value) => sum + value, 0) / n;
        return { n, mean: average, variance: values.reduce((sum, value) => sum + (value - average) ** 2, 0) / (n - 1) };
      };
      return excludes(welchTTest({ candidate: summary(0.4), control: summary(0), confidence: 0.95 }));
    });
    within5Points(found, twoSamplePower({ effect, alpha: 0.05, n }));
  });

  it.each([
    { units: 700, promised: 0.5 },
    { units: 1560, promised: 0.9 },
  ])(
    'a candidate at 60 % against 70 % is rolled back within $units units with chance $promised',
    ({ units, promised }) => {
      const ramp = { shares: [0.5], unitsPerStage: units, baseRate: () => 0.7, effect: -0.1 };
      const found = countVerdicts(
        `harm within ${units}`,
        (generator) =>
          atAnyLook(
            { units: simulateRollout(generator, ramp), shares: [0.5], step: 10, anchor: 0.7 },
            (stages) => designMixture({ stages, alpha: 0.05, margin: 0 }).harm,
          ),
        1_000,
      );
      within5Points(found, promised, 1_000);
    },
  );
});

describe('planning', () => {
  it('finds the exact power of McNemar by adding up every table', () => {
    const [n, p, q] = [9, 0.4, 0.1];
    let power = 0;
    const factorial = (k: number): number => (k < 2 ? 1 : k * factorial(k - 1));
    for (let b = 0; b <= n; b++) {
      for (let c = 0; b + c <= n; c++) {
        const ways = factorial(n) / (factorial(b) * factorial(c) * factorial(n - b - c));
        const weight = ways * p ** b * q ** c * (1 - p - q) ** (n - b - c);
        if (mcnemarTest({ onlyCandidate: b, onlyControl: c }).pValue <= 0.1) power += weight;
      }
    }
    expect(mcnemarPower({ n, onlyCandidate: p, onlyControl: q, alpha: 0.1 })).toBeCloseTo(power, 12);
  });

  it('names a detectable effect that is then detected with the wanted power', () => {
    const effect = mcnemarDetectableEffect({ n: 300, discordant: 0.2, alpha: 0.05, power: 0.8 }) as number;
    const shares = { onlyCandidate: (0.2 + effect) / 2, onlyControl: (0.2 - effect) / 2 };
    expect(mcnemarPower({ n: 300, ...shares, alpha: 0.05 })).toBeCloseTo(0.8, 4);
    const spread = { units: 80, betweenVariance: 0.04, withinVariance: 0.2, repetitions: 5, alpha: 0.05 };
    const mean = pairedMeanDetectableEffect({ ...spread, power: 0.8 }) as number;
    expect(pairedMeanPower({ ...spread, effect: mean })).toBeCloseTo(0.8, 9);
  });

  it('says so when no effect could be detected', () => {
    expect(mcnemarDetectableEffect({ n: 5, discordant: 1, alpha: 0.05, power: 0.8 })).toBeNull();
    expect(
      pairedMeanDetectableEffect({ units: 4, clusterSize: 4, betweenVariance: 1, alpha: 0.05, power: 0.8 }),
    ).toBeNull();
    const nothing = { kind: 'mean', standardizedDifference: 0 } as const;
    expect(twoSampleSize({ effect: nothing, alpha: 0.05, power: 0.8 })).toBeNull();
  });

  it('asks 1,545 examples for non-inferiority at margin 0.02 with 10 % discordant; 200 have 23 %', () => {
    const plan = { betweenVariance: 0.1, effect: 0, margin: 0.02, alpha: 0.05, alternative: 'larger' } as const;
    expect(pairedMeanPower({ ...plan, units: 1545 })).toBeCloseTo(0.8, 2);
    expect(pairedMeanPower({ ...plan, units: 200 })).toBeCloseTo(0.23, 2);
  });

  it('repetitions thin the noise of a trial, clusters cost a design effect', () => {
    const plan = { units: 100, betweenVariance: 0.05, withinVariance: 0.25, effect: 0.1, alpha: 0.05 };
    const once = pairedMeanPower(plan);
    expect(pairedMeanPower({ ...plan, repetitions: 5 })).toBeGreaterThan(once + 0.2);
    expect(pairedMeanPower({ ...plan, clusterSize: 5, intraclassCorrelation: 0.5 })).toBeLessThan(once - 0.2);
  });
});
