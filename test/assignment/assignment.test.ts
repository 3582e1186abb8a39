import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { assignUnit } from '../../assignment/assign-unit.ts';
import { bucketRanges } from '../../assignment/bucket-ranges.ts';
import { canaryRanges } from '../../assignment/canary-ranges.ts';
import { hashUnit } from '../../assignment/hash-unit.ts';
import { sampleRatioTest } from '../../statistics/sample-ratio-test.ts';

const seed = Number(process.env.SLUICE_PROPERTY_SEED ?? 20_261_123);
const check = <T extends unknown[]>(property: fc.IProperty<T>) =>
  fc.assert(property as fc.IProperty<unknown>, { seed, numRuns: 300 });

describe(`assignment (fast-check seed ${seed})`, () => {
  const share = fc.integer({ min: 0, max: 10_000 }).map((buckets) => buckets / 10_000);
  const unit = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 });

  it('who got the candidate keeps it while the share grows', () => {
    check(
      fc.property(unit, fc.string(), share, share, (id, rolloutSeed, one, two) => {
        const variant = (of: number) =>
          assignUnit({ seed: rolloutSeed, hashVersion: 2, unit: id, ranges: canaryRanges(of) });
        if (variant(Math.min(one, two)) === 0) expect(variant(Math.max(one, two))).toBe(0);
      }),
    );
  });

  it('every unit of a canary gets a variant, at share 0 control and at share 1 the candidate', () => {
    check(
      fc.property(unit, share, (id, of) => {
        const variant = (s: number) => assignUnit({ seed: 'r', hashVersion: 2, unit: id, ranges: canaryRanges(s) });
        expect(variant(of)).toBeGreaterThanOrEqual(0);
        expect(variant(0)).toBe(1);
        expect(variant(1)).toBe(0);
      }),
    );
  });

  it('the share of units that get the candidate is the share written down', () => {
    const observed = [0, 0];
    for (let i = 0; i < 50_000; i++) {
      const variant = assignUnit({
        seed: 'rollout-7',
        hashVersion: 2,
        unit: `session-${i}`,
        ranges: canaryRanges(0.05),
      });
      observed[variant] = (observed[variant] as number) + 1;
    }
    expect(sampleRatioTest({ observed, weights: [0.05, 0.95] }).pValue).toBeGreaterThan(0.001);
  });

  it('two rollouts draw independently: each holds half of the other', () => {
    const ranges = canaryRanges(0.5);
    let both = 0;
    for (let i = 0; i < 20_000; i++) {
      const [one, two] = ['first', 'second'].map((of) =>
        assignUnit({ seed: of, hashVersion: 2, unit: `u${i}`, ranges }),
      );
      if (one === 0 && two === 0) both++;
    }
    expect(sampleRatioTest({ observed: [both, 20_000 - both], weights: [0.25, 0.75] }).pValue).toBeGreaterThan(0.001);
  });

  it('raising coverage never moves a unit to another variation', () => {
    check(
      fc.property(unit, share, share, fc.integer({ min: 2, max: 6 }), (id, one, two, variations) => {
        const variant = (coverage: number) =>
          assignUnit({ seed: 's', hashVersion: 2, unit: id, ranges: bucketRanges({ variations, coverage }) });
        const [narrow, wide] = [variant(Math.min(one, two)), variant(Math.max(one, two))];
        if (narrow !== -1) expect(wide).toBe(narrow);
      }),
    );
  });

  it('a share finer than a bucket or outside 0..1 is refused', () => {
    expect(() => canaryRanges(0.00005)).toThrow('1/10000');
    expect(() => canaryRanges(1.2)).toThrow('0..1');
  });

  it('an unknown hash version puts nobody in', () => {
    expect(hashUnit({ seed: 's', unit: 'u', version: 3 })).toBeNull();
    expect(assignUnit({ seed: 's', unit: 'u', hashVersion: 3, ranges: canaryRanges(0.5) })).toBe(-1);
  });
});
