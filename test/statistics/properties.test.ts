import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { agrestiCaffoInterval } from '../../statistics/agresti-caffo-interval.ts';
import { bcaInterval } from '../../statistics/bca-interval.ts';
import { benjaminiHochberg } from '../../statistics/benjamini-hochberg.ts';
import { betaCdf, betaQuantile } from '../../statistics/beta.ts';
import { binomialCdf, binomialUpper } from '../../statistics/binomial.ts';
import { clopperPearsonInterval } from '../../statistics/clopper-pearson-interval.ts';
import { clusteredTInterval } from '../../statistics/clustered-t-interval.ts';
import { designMixture, type MixtureCell, type MixtureStage } from '../../statistics/design-mixture.ts';
import { createGenerator } from '../../statistics/generator.ts';
import { holm } from '../../statistics/holm.ts';
import type { IntervalResult } from '../../statistics/interval-result.ts';
import { mcnemarTest } from '../../statistics/mcnemar-test.ts';
import { meanInterval } from '../../statistics/mean-interval.ts';
import { mixtureInterval } from '../../statistics/mixture-interval.ts';
import { newcombeInterval } from '../../statistics/newcombe-interval.ts';
import { normalCdf, normalQuantile } from '../../statistics/normal.ts';
import { pairedNewcombeInterval } from '../../statistics/paired-newcombe-interval.ts';
import { pairedQuantileDifferenceInterval } from '../../statistics/paired-quantile-difference-interval.ts';
import { quantileInterval } from '../../statistics/quantile-interval.ts';
import { ratioOfMeansInterval } from '../../statistics/ratio-of-means-interval.ts';
import { ratioSignFlipInterval } from '../../statistics/ratio-sign-flip-interval.ts';
import { signFlipInterval } from '../../statistics/sign-flip-interval.ts';
import { signFlipTest } from '../../statistics/sign-flip-test.ts';
import { studentTCdf, studentTQuantile } from '../../statistics/student-t.ts';
import { tangoInterval } from '../../statistics/tango-interval.ts';
import { wilsonInterval } from '../../statistics/wilson-interval.ts';

/** SLUICE_PROPERTY_SEED repeats a failing run; fast-check prints the seed and the smallest counterexample. */
const seed = Number(process.env.SLUICE_PROPERTY_SEED ?? 20_261_123);
const settings = { seed, numRuns: 200 };
const check = <T extends unknown[]>(property: fc.IProperty<T>) =>
  fc.assert(property as fc.IProperty<unknown>, settings);

const confidence = fc.constantFrom(0.8, 0.9, 0.95, 0.99);
const arm = fc
  .integer({ min: 1, max: 400 })
  .chain((n) => fc.record({ n: fc.constant(n), successes: fc.integer({ min: 0, max: n }) }));
const count = fc.integer({ min: 0, max: 60 });
const table = fc
  .record({ both: count, onlyControl: count, onlyCandidate: count, neither: count })
  .filter(({ both, onlyControl, onlyCandidate, neither }) => both + onlyControl + onlyCandidate + neither > 0);
const score = fc.integer({ min: -20, max: 20 }).map((value) => value / 10);
const scores = fc.array(score, { minLength: 1, maxLength: 40 });
const random = () => createGenerator(seed);

function expectOrdered(result: IntervalResult): void {
  if (result.interval === null) {
    expect(result.reason.length).toBeGreaterThan(0);
    return;
  }
  const [low, high] = result.interval;
  expect(low).toBeLessThanOrEqual(result.estimate + 1e-9);
  expect(high).toBeGreaterThanOrEqual(result.estimate - 1e-9);
}

describe(`intervals (fast-check seed ${seed})`, () => {
  it('surround their estimate and grow with the confidence asked for', () => {
    check(
      fc.property(arm, arm, table, confidence, (candidate, control, pairs, level) => {
        const wider = level + (1 - level) / 2;
        const kinds: ((confidence: number) => IntervalResult)[] = [
          (c) => wilsonInterval({ ...candidate, confidence: c }),
          (c) => clopperPearsonInterval({ ...candidate, confidence: c }),
          (c) => newcombeInterval({ candidate, control, confidence: c }),
          (c) => pairedNewcombeInterval({ ...pairs, confidence: c }),
          (c) => tangoInterval({ ...pairs, confidence: c }),
        ];
        for (const kind of kinds) {
          const [narrow, wide] = [kind(level), kind(wider)];
          expectOrdered(narrow);
          expect((wide.interval as [number, number])[0]).toBeLessThanOrEqual(
            (narrow.interval as [number, number])[0] + 1e-12,
          );
          expect((wide.interval as [number, number])[1]).toBeGreaterThanOrEqual(
            (narrow.interval as [number, number])[1] - 1e-12,
          );
        }
      }),
    );
  });

  it('of differences turn round when candidate and control change places', () => {
    check(
      fc.property(arm, arm, table, confidence, (candidate, control, pairs, level) => {
        const swapped = { ...pairs, onlyControl: pairs.onlyCandidate, onlyCandidate: pairs.onlyControl };
        const both: [IntervalResult, IntervalResult][] = [
          [
            newcombeInterval({ candidate, control, confidence: level }),
            newcombeInterval({ candidate: control, control: candidate, confidence: level }),
          ],
          [
            agrestiCaffoInterval({ candidate, control, confidence: level }),
            agrestiCaffoInterval({ candidate: control, control: candidate, confidence: level }),
          ],
          [
            pairedNewcombeInterval({ ...pairs, confidence: level }),
            pairedNewcombeInterval({ ...swapped, confidence: level }),
          ],
          [tangoInterval({ ...pairs, confidence: level }), tangoInterval({ ...swapped, confidence: level })],
        ];
        for (const [one, other] of both) {
          expect((one.interval as [number, number])[0]).toBeCloseTo(-(other.interval as [number, number])[1], 9);
        }
      }),
    );
  });

  it('are never NaN: what cannot be computed is null with a reason', () => {
    check(
      fc.property(
        fc.array(fc.tuple(fc.integer({ min: 0, max: 3 }), fc.integer({ min: 0, max: 3 })), { maxLength: 12 }),
        fc.integer({ min: 1, max: 4 }),
        (pairs, modulus) => {
          const candidate = pairs.map(([value]) => value);
          const control = pairs.map(([, value]) => value);
          const differences = pairs.map(([one, two]) => one - two);
          const clusters = pairs.map((_, i) => i % modulus);
          const common = { confidence: 0.95, resamples: 50, permutations: 99 };
          const results: IntervalResult[] = [
            signFlipInterval({ ...common, differences, generator: random() }),
            signFlipInterval({ ...common, differences, clusters, generator: random(), range: [-3, 3] }),
            bcaInterval({ ...common, differences, generator: random() }),
            clusteredTInterval({ ...common, values: differences, clusters }),
            meanInterval({ ...common, values: differences }),
            ratioOfMeansInterval({ ...common, candidate, control, generator: random() }),
            ratioSignFlipInterval({ ...common, candidate, control, clusters, generator: random() }),
            quantileInterval({ ...common, values: candidate, probability: 0.5 }),
            pairedQuantileDifferenceInterval({
              ...common,
              candidate,
              control,
              clusters,
              probability: 0.5,
              generator: random(),
            }),
          ];
          for (const { estimate, interval, reason } of results) {
            expect(Number.isNaN(estimate)).toBe(false);
            if (interval === null) expect(reason).toMatch(/\w/);
            else expect(interval.some((bound) => Number.isNaN(bound))).toBe(false);
          }
        },
      ),
    );
  });
});

describe('sign flips', () => {
  it('agree with their interval: 0 is outside exactly when the p value is at most alpha', () => {
    check(
      fc.property(scores, confidence, fc.boolean(), (differences, level, grouped) => {
        const clusters = grouped ? differences.map((_, i) => i % 9) : undefined;
        const input = { differences, clusters, permutations: 199 };
        const { pValue } = signFlipTest({ ...input, generator: random() });
        const inverted = signFlipInterval({ ...input, confidence: level, generator: random() });
        const { interval } = inverted;
        expect(inverted.pValue).toBe(pValue);
        const outside = interval !== null && (interval[0] > 0 || interval[1] < 0);
        expect((pValue as number) <= 1 - level + 1e-9).toBe(outside);
      }),
    );
  });

  it('move with the data: adding a constant to every difference adds it to the interval', () => {
    check(
      fc.property(scores, fc.integer({ min: -5, max: 5 }), (differences, shift) => {
        const of = (values: number[]) =>
          signFlipInterval({ differences: values, confidence: 0.9, permutations: 199, generator: random() });
        const [before, after] = [of(differences).interval, of(differences.map((value) => value + shift)).interval];
        expect(after === null).toBe(before === null);
        if (before !== null && after !== null) {
          expect(after[0]).toBeCloseTo(before[0] + shift, 9);
          expect(after[1]).toBeCloseTo(before[1] + shift, 9);
        }
      }),
    );
  });

  it('list every pattern below 15 units, and then equal the exact McNemar test on pass/fail', () => {
    check(
      fc.property(fc.integer({ min: 0, max: 7 }), fc.integer({ min: 0, max: 7 }), (better, worse) => {
        fc.pre(better + worse > 0);
        const differences = [...Array(better).fill(1), ...Array(worse).fill(-1)];
        const { pValue, exact } = signFlipTest({ differences, generator: random() });
        expect(exact).toBe(true);
        expect(pValue).toBeCloseTo(mcnemarTest({ onlyCandidate: better, onlyControl: worse }).pValue, 12);
      }),
    );
  });

  it('of a cost ratio scale with the currency and turn round with the arms', () => {
    const costs = fc.array(fc.tuple(fc.integer({ min: 1, max: 99 }), fc.integer({ min: 1, max: 99 })), {
      minLength: 6,
      maxLength: 14,
    });
    check(
      fc.property(costs, (pairs) => {
        const candidate = pairs.map(([value]) => value);
        const control = pairs.map(([, value]) => value);
        const of = (one: number[], two: number[]) =>
          ratioSignFlipInterval({ candidate: one, control: two, confidence: 0.9, generator: random() }).interval as [
            number,
            number,
          ];
        const plain = of(candidate, control);
        const { pValue } = ratioSignFlipInterval({ candidate, control, confidence: 0.9, generator: random() });
        expect((pValue as number) <= 0.1 + 1e-9).toBe(plain[0] > 1 || plain[1] < 1);
        const doubled = of(
          candidate.map((value) => 2 * value),
          control,
        );
        const turned = of(control, candidate);
        expect(doubled[0]).toBeCloseTo(2 * plain[0], 9);
        expect(turned[0]).toBeCloseTo(1 / plain[1], 9);
      }),
    );
  });
});

describe('the rollout test', () => {
  const cell: fc.Arbitrary<MixtureCell> = fc.record({
    arm: fc.constantFrom('candidate' as const, 'control' as const),
    value: fc.integer({ min: 0, max: 100 }).map((value) => value / 100),
    count: fc.integer({ min: 0, max: 300 }),
  });
  const stage: fc.Arbitrary<MixtureStage> = fc.record({
    candidateShare: fc.constantFrom(0.05, 0.2, 0.5, 0.9),
    anchor: fc.constantFrom(0, 0.3, 0.7, 1),
    cells: fc.array(cell, { maxLength: 12 }),
  });
  const stages = fc.array(stage, { maxLength: 4 });
  const logE = (input: readonly MixtureStage[]) => designMixture({ stages: input, alpha: 0.05, margin: 0.05 });

  it('does not depend on the order of units, cells or strata', () => {
    check(
      fc.property(stages, (input) => {
        const turned = input.toReversed().map((each) => ({ ...each, cells: each.cells.toReversed() }));
        const split = input.map((each) => ({
          ...each,
          cells: each.cells.flatMap((one) => [
            { ...one, count: one.count - Math.floor(one.count / 2) },
            { ...one, count: Math.floor(one.count / 2) },
          ]),
        }));
        for (const other of [turned, split]) {
          expect(logE(other).logEHarm).toBeCloseTo(logE(input).logEHarm, 8);
          expect(logE(other).logEClear).toBeCloseTo(logE(input).logEClear, 8);
        }
      }),
    );
  });

  it('decides as its interval does: harm at alpha exactly when the interval at 1 - 2 alpha lies below 0', () => {
    check(
      fc.property(stages, (input) => {
        const { harm, logEHarm } = designMixture({ stages: input, alpha: 0.05, margin: 0 });
        fc.pre(Math.abs(logEHarm - Math.log(20)) > 1e-9);
        const { high } = mixtureInterval({ stages: input, confidence: 0.9 });
        expect(high !== null && high <= 0).toBe(harm);
      }),
    );
  });

  it('keeps its estimate inside its interval', () => {
    check(
      fc.property(stages, confidence, (input, level) => {
        const { estimate, low, high } = mixtureInterval({ stages: input, confidence: level });
        if (estimate === null) return;
        expect(low ?? -1).toBeLessThanOrEqual(estimate + 1e-12);
        expect(high ?? 1).toBeGreaterThanOrEqual(estimate - 1e-12);
      }),
    );
  });

  it('turns round when up and down change places', () => {
    check(
      fc.property(stages, (input) => {
        const mirrored = input.map((each) => ({
          ...each,
          anchor: 1 - each.anchor,
          cells: each.cells.map((one) => ({ ...one, value: 1 - one.value })),
        }));
        const [one, other] = [
          mixtureInterval({ stages: input, confidence: 0.95 }),
          mixtureInterval({ stages: mirrored, confidence: 0.95 }),
        ];
        if (one.low === null) expect(other.high).toBeNull();
        else expect(other.high).toBeCloseTo(-one.low, 9);
      }),
    );
  });

  it('refuses a share, anchor or value outside its range by name', () => {
    const good = { candidateShare: 0.5, anchor: 0.5, cells: [] };
    expect(() => logE([{ ...good, candidateShare: 0 }])).toThrow('candidateShare');
    expect(() => logE([{ ...good, anchor: 1.1 }])).toThrow('anchor');
    expect(() => logE([{ ...good, cells: [{ arm: 'control', value: -0.1, count: 1 }] }])).toThrow('value');
    expect(() => logE([{ ...good, cells: [{ arm: 'control', value: 0.1, count: 1.5 }] }])).toThrow('count');
  });
});

describe('corrections for several tests', () => {
  it('never lower a p value, keep its rank and do not mind the order', () => {
    check(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 20 }), (pValues) => {
        for (const correct of [holm, benjaminiHochberg]) {
          const { adjusted } = correct({ pValues, alpha: 0.05 });
          const reversed = correct({ pValues: pValues.toReversed(), alpha: 0.05 }).adjusted.toReversed();
          expect(reversed).toEqual(adjusted);
          pValues.forEach((p, i) => {
            expect(adjusted[i]).toBeGreaterThanOrEqual(p * (1 - 1e-15));
            pValues.forEach((other, j) => {
              if (p < other) expect(adjusted[i]).toBeLessThanOrEqual(adjusted[j] as number);
            });
          });
        }
      }),
    );
  });
});

describe('distributions', () => {
  const probability = fc.double({ min: 1e-6, max: 1 - 1e-6, noNaN: true });
  it('give back the probability whose quantile they are asked about', () => {
    check(
      fc.property(
        probability,
        fc.double({ min: 1, max: 500, noNaN: true }),
        fc.double({ min: 1, max: 500, noNaN: true }),
        (p, a, b) => {
          expect(normalCdf(normalQuantile(p))).toBeCloseTo(p, 12);
          expect(studentTCdf(studentTQuantile(p, a), a)).toBeCloseTo(p, 12);
          expect(betaCdf(betaQuantile(p, a, b), a, b)).toBeCloseTo(p, 10);
        },
      ),
    );
  });

  it('count every binomial outcome once', () => {
    check(
      fc.property(
        fc.integer({ min: 1, max: 5_000 }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        probability,
        (n, at, p) => {
          const k = Math.floor(at * n);
          expect(binomialCdf(k, n, p) + binomialUpper(k + 1, n, p)).toBeCloseTo(1, 11);
        },
      ),
    );
  });
});

describe('the seeded generator', () => {
  it('repeats itself digit for digit and differs between seeds', () => {
    const draw = (name: string) => Array.from({ length: 5 }, createGenerator(name).nextUint32);
    expect(draw('a')).toEqual(draw('a'));
    expect(draw('a')).not.toEqual(draw('b'));
  });

  it('fills its range evenly', () => {
    const generator = createGenerator(seed);
    const counts = new Array<number>(10).fill(0);
    for (let i = 0; i < 100_000; i++) {
      const value = generator.nextInt(10);
      counts[value] = (counts[value] as number) + 1;
    }
    const chiSquare = counts.reduce((sum, observed) => sum + (observed - 10_000) ** 2 / 10_000, 0);
    // 27.9 is the 99.9 % point on 9 degrees of freedom.
    expect(chiSquare).toBeLessThan(27.9);
  });
});
