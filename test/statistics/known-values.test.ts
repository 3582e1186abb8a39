import { describe, expect, it } from 'vitest';
import { agreementInterval } from '../../statistics/agreement-interval.ts';
import { bcaInterval } from '../../statistics/bca-interval.ts';
import { clopperPearsonInterval } from '../../statistics/clopper-pearson-interval.ts';
import { clusteredTInterval } from '../../statistics/clustered-t-interval.ts';
import { cohenKappa } from '../../statistics/cohen-kappa.ts';
import { createGenerator, type Generator } from '../../statistics/generator.ts';
import { kaplanMeier } from '../../statistics/kaplan-meier.ts';
import { mcnemarTest } from '../../statistics/mcnemar-test.ts';
import { meanInterval } from '../../statistics/mean-interval.ts';
import { pairedNewcombeInterval } from '../../statistics/paired-newcombe-interval.ts';
import { quantileInterval } from '../../statistics/quantile-interval.ts';
import { ratioSignFlipInterval } from '../../statistics/ratio-sign-flip-interval.ts';
import { restrictedMean } from '../../statistics/restricted-mean.ts';
import { signFlipInterval } from '../../statistics/sign-flip-interval.ts';
import { signFlipTest } from '../../statistics/sign-flip-test.ts';
import { tangoInterval } from '../../statistics/tango-interval.ts';
import { wilsonInterval } from '../../statistics/wilson-interval.ts';
import { chance, countVerdicts, excludes } from './reference/simulate.ts';

/** Values computed elsewhere: scipy 1.17.1, statsmodels 0.15.0, or by hand where the arithmetic stands beside. */
describe('paired pass rates', () => {
  const table = { both: 20, onlyCandidate: 12, onlyControl: 2, neither: 16, confidence: 0.95 };

  it("gives Newcombe's published interval for his table 20, 12, 2, 16", () => {
    const { estimate, interval } = pairedNewcombeInterval(table);
    expect(estimate).toBeCloseTo(0.2, 12);
    expect(interval?.[0]).toBeCloseTo(0.0562, 4);
    expect(interval?.[1]).toBeCloseTo(0.3292, 4);
  });

  it("gives Tango's interval as found by maximising the likelihood numerically", () => {
    const { interval } = tangoInterval(table);
    expect(interval?.[0]).toBeCloseTo(0.0611124, 6);
    expect(interval?.[1]).toBeCloseTo(0.3447087, 6);
    const other = tangoInterval({ both: 50, onlyCandidate: 1, onlyControl: 9, neither: 0, confidence: 0.95 }).interval;
    expect(other?.[0]).toBeCloseTo(-0.2482565, 6);
    expect(other?.[1]).toBeCloseTo(-0.0373101, 6);
  });
});

describe('the two recorded GSM8K models: 146 and 266 of 660 right, 145 improved, 25 regressed', () => {
  const recorded = { both: 121, onlyCandidate: 145, onlyControl: 25, neither: 369 };
  const differences = [...Array(145).fill(1), ...Array(25).fill(-1), ...Array(490).fill(0)];

  it('agree with scipy and statsmodels to 1e-9', () => {
    expect(mcnemarTest(recorded).pValue / 9.356427960246984e-22).toBeCloseTo(1, 9);
    const paired = pairedNewcombeInterval({ ...recorded, confidence: 0.95 }).interval;
    expect(paired?.[0]).toBeCloseTo(0.145290390040534, 9);
    expect(paired?.[1]).toBeCloseTo(0.21776206051559294, 9);
    const control = wilsonInterval({ successes: 146, n: 660, confidence: 0.95 }).interval;
    expect(control?.[0]).toBeCloseTo(0.19121017277716024, 9);
    expect(control?.[1]).toBeCloseTo(0.25444059954165926, 9);
    const exact = clopperPearsonInterval({ successes: 266, n: 660, confidence: 0.95 }).interval;
    expect(exact?.[0]).toBeCloseTo(0.36535724112320456, 9);
    expect(exact?.[1]).toBeCloseTo(0.4415745253269775, 9);
  });

  it('differ by sign flips as well: no random pattern is as extreme as the data', () => {
    const generator = createGenerator('gsm8k');
    expect(signFlipTest({ differences, generator }).pValue).toBeCloseTo(1 / 10_001, 12);
    expect(signFlipInterval({ differences, confidence: 0.95, generator }).interval?.[0]).toBeGreaterThan(0.14);
  });
});

describe('sign flips by hand', () => {
  it('finds 2 of 8 patterns as extreme as three equal signs', () => {
    const generator = createGenerator(1);
    expect(signFlipTest({ differences: [1, 2, 3], generator }).pValue).toBe(0.25);
    // |+-1 +-2 +-3| >= 2: 6, 4, 2, 2 wait in both directions; only 0 (1 + 2 - 3) and its mirror stay below.
    expect(signFlipTest({ differences: [1, -2, 3], generator }).pValue).toBe(0.75);
  });

  it('needs 6 units at 95 %, unless the range of a difference is known', () => {
    const differences = [0.5, 1, 0.25, 1, 0.75];
    const generator = createGenerator(1);
    expect(signFlipInterval({ differences, confidence: 0.95, generator })).toMatchObject({
      estimate: 0.7,
      interval: null,
      reason: '5 units cannot exclude any effect at confidence 0.95',
    });
    expect(signFlipInterval({ differences, confidence: 0.95, range: [-1, 1], generator }).interval).toEqual([-1, 1]);
    // Six equal signs: 2 / 64 = 0.031; the bounds are the smallest and the largest difference.
    const six = signFlipInterval({ differences: [...differences, 2], confidence: 0.95, generator }).interval;
    expect(six).toEqual([0.25, 2]);
  });

  it('treats a cluster as one', () => {
    const generator = createGenerator(1);
    const input = { differences: [1, 1, 1, 1, 1, 1], clusters: ['a', 'a', 'a', 'b', 'b', 'b'], generator };
    expect(signFlipTest(input)).toMatchObject({ pValue: 0.5, units: 2 });
  });

  it('gives the cost ratio between the smallest and largest of six examples at 95 %', () => {
    const { estimate, interval } = ratioSignFlipInterval({
      candidate: [2, 3, 4, 5, 6, 7],
      control: [1, 2, 3, 4, 5, 6],
      confidence: 0.95,
      generator: createGenerator(1),
    });
    expect(estimate).toBeCloseTo(27 / 21, 12);
    expect(interval?.[0]).toBeCloseTo(7 / 6, 12);
    expect(interval?.[1]).toBeCloseTo(2, 12);
  });
});

describe('means', () => {
  it("gives Student's interval, and none for one value", () => {
    // mean 3, sd sqrt(2.5), t(0.975, 4) = 2.7764451: 3 +- 1.9633
    const { interval } = meanInterval({ values: [1, 2, 3, 4, 5], confidence: 0.95 });
    expect(interval?.[0]).toBeCloseTo(1.0367568385224393, 10);
    expect(meanInterval({ values: [7], confidence: 0.95 })).toEqual({
      estimate: 7,
      interval: null,
      reason: 'one value has no spread',
    });
  });

  it('gives the t interval where every cluster is one value', () => {
    const values = [1, 2, 3, 4, 5];
    const clustered = clusteredTInterval({ values, clusters: values, confidence: 0.95 });
    expect(clustered.interval?.[0]).toBeCloseTo(1.0367568385224393, 10);
    // t = 3 / sqrt(2.5 / 5) on 4 degrees of freedom
    expect(clustered.pValue).toBeCloseTo(0.013235599563682695, 10);
  });

  it('bounds a median by order statistics and refuses a p95 from 71 values', () => {
    const values = Array.from({ length: 10 }, (_, i) => i + 1);
    // P(X <= 1) = 0.0107 for X ~ Binomial(10, 1/2): the 2nd and the 9th value
    expect(quantileInterval({ values, probability: 0.5, confidence: 0.95 })).toMatchObject({
      estimate: 5.5,
      interval: [2, 9],
    });
    const many = Array.from({ length: 72 }, (_, i) => i);
    expect(quantileInterval({ values: many, probability: 0.95, confidence: 0.95 }).interval).not.toBeNull();
    expect(quantileInterval({ values: many.slice(1), probability: 0.95, confidence: 0.95 }).interval).toBeNull();
  });
});

describe('time to an event', () => {
  // Remission weeks of 21 patients (Freireich 1963), the textbook example.
  const times = [6, 6, 6, 7, 10, 13, 16, 22, 23, 6, 9, 10, 11, 17, 19, 20, 25, 32, 32, 34, 35];
  const observed = times.map((_, i) => i < 9);

  it('gives the Kaplan-Meier curve of statsmodels', () => {
    const steps = kaplanMeier({ times, observed, confidence: 0.95 });
    expect(steps.map(({ time }) => time)).toEqual([6, 7, 10, 13, 16, 22, 23]);
    const survival = [0.85714286, 0.80672269, 0.75294118, 0.69019608, 0.62745098, 0.53781513, 0.44817927];
    steps.forEach((step, i) => {
      expect(step.survival).toBeCloseTo(survival[i] as number, 8);
    });
    expect(steps[0]?.interval?.[0]).toBeCloseTo(0.61972, 5);
    expect(steps[0]?.interval?.[1]).toBeCloseTo(0.95155, 5);
  });

  it('gives the area under it with its standard error', () => {
    const { estimate, interval } = restrictedMean({ times, observed, horizon: 30, confidence: 0.95 });
    expect(estimate).toBeCloseTo(21.04649859943978, 9);
    expect(interval?.[1]).toBeCloseTo(21.04649859943978 + 1.959963984540054 * 2.2438019515594565, 9);
  });

  it('is undefined beyond the time anyone was watched', () => {
    const early = { times: [1, 2, 2], observed: [true, false, false], confidence: 0.95 };
    expect(restrictedMean({ ...early, horizon: 5 })).toMatchObject({ estimate: null, interval: null });
    expect(kaplanMeier({ times: [3], observed: [false], confidence: 0.95 })).toEqual([]);
  });
});

describe('agreement of a judge with people', () => {
  type Pair = readonly [judge: number, person: number];
  const kappa = (pairs: readonly Pair[]) =>
    cohenKappa({ rater1: pairs.map(([judge]) => judge), rater2: pairs.map(([, person]) => person), labels: [0, 1] });

  it('is bounded below 1 even when 50 of 50 labels agree, and more labels bound it tighter', () => {
    const lowOf = (n: number) => {
      const units = Array.from({ length: n }, (_, i): Pair => [i % 2, i % 2]);
      const result = agreementInterval({ units, statistic: kappa, confidence: 0.95, generator: createGenerator(1) });
      return (result.interval as readonly [number, number])[0];
    };
    // Wilson's lower bound of 50 / 50 is 0.9287: (0.9287 - 0.5) / 0.5
    expect(lowOf(50)).toBeCloseTo(0.8573, 3);
    expect(lowOf(200)).toBeGreaterThan(lowOf(50));
  });

  it('is undefined when one label is all there is', () => {
    const units = Array.from({ length: 30 }, (): Pair => [1, 1]);
    const result = agreementInterval({ units, statistic: kappa, confidence: 0.95, generator: createGenerator(1) });
    expect(result).toEqual({ estimate: null, interval: null, reason: 'agreement is undefined for these labels' });
  });

  it('has an interval that misses the true kappa in at most 7 % of 400 studies of 80 labels', () => {
    // Both raters see a fair label and err with probability 0.1: agreement 0.82 against 0.5 by chance, kappa 0.64
    const rate = (generator: Generator, truth: number) => (chance(generator, 0.1) ? 1 - truth : truth);
    const missed = countVerdicts(
      'kappa',
      (generator) => {
        const units = Array.from({ length: 80 }, (): Pair => {
          const truth = generator.nextInt(2);
          return [rate(generator, truth), rate(generator, truth)];
        });
        return excludes(
          agreementInterval({ units, statistic: kappa, confidence: 0.95, resamples: 300, generator }),
          0.64,
        );
      },
      400,
    );
    expect(missed).toBeLessThanOrEqual(28);
  });
});

describe('the same seed on every machine', () => {
  it('gives these very digits', () => {
    const generator = createGenerator('same everywhere');
    const differences = Array.from({ length: 40 }, () => Math.round(100 * generator.nextNormal()) / 100);
    expect(
      bcaInterval({ differences, confidence: 0.95, resamples: 2000, generator: createGenerator(7) }),
    ).toMatchInlineSnapshot(`
      {
        "estimate": -0.018250000000000013,
        "interval": [
          -0.3315104860901397,
          0.33941801749359246,
        ],
        "reason": null,
      }
    `);
    expect(signFlipInterval({ differences, confidence: 0.95, generator: createGenerator(7) })).toMatchInlineSnapshot(`
      {
        "estimate": -0.018250000000000013,
        "interval": [
          -0.37266666666666665,
          0.33631578947368423,
        ],
        "pValue": 0.9205079492050795,
        "reason": null,
      }
    `);
  });
});
