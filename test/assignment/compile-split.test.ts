import { readFileSync } from 'node:fs';
import { GrowthBook } from '@growthbook/growthbook';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bucketRanges } from '../../assignment/bucket-ranges.ts';
import { compileSplit } from '../../assignment/compile-split.ts';
import { decideVariant, type Split } from '../../assignment/decide-variant.ts';
import { stageRanges } from '../../assignment/stage-ranges.ts';

const text = fc.string({ unit: 'binary', maxLength: 40 });
const condition = fc.record({
  attribute: fc.constantFrom('country', 'age'),
  operator: fc.constantFrom('equals', 'not_equals', 'in', 'at_least', 'exists'),
  value: fc.oneof(fc.constantFrom('DE', 'FR'), fc.integer({ min: 0, max: 9 })),
});
const split: fc.Arbitrary<Split> = fc
  .record({
    seed: fc.option(text, { freq: 9 }),
    hashVersion: fc.constantFrom(2, 2, 2, 1, 99),
    buckets: fc.integer({ min: 0, max: 3_333 }),
    candidates: fc.integer({ min: 0, max: 3 }),
    fallback: fc.constant(0),
    conditions: fc.array(condition, { maxLength: 2 }),
    force: fc.dictionary(fc.constantFrom('tester', 'unknown'), fc.constantFrom('control', 'v1', 'gone')),
    startedAtMs: fc.option(fc.integer({ min: 0, max: 9 })),
  })
  .map(({ buckets, candidates, ...rest }) => {
    const strategy = candidates === 1 ? 'canary' : 'ab_test';
    const ranges = stageRanges({ strategy, candidates, share: candidates === 0 ? 0 : buckets / 10_000 });
    return {
      ...rest,
      variants: [ranges.control, ...ranges.candidates].map((range, position) => ({
        name: position === 0 ? 'control' : `v${position}`,
        version: position + 1,
        range,
      })),
    };
  });
const by = fc.record(
  {
    leased: fc.constantFrom(true, true, false),
    attributes: fc.dictionary(
      fc.constantFrom('country', 'age'),
      fc.oneof(fc.constantFrom('DE', 'FR'), fc.integer({ min: 0, max: 9 })),
    ),
    sessionStartedAtMs: fc.integer({ min: 0, max: 9 }),
  },
  { requiredKeys: ['leased'] },
);

test('a compiled split gives every unit what the split itself gives', () => {
  fc.assert(
    fc.property(split, fc.oneof(text, fc.constantFrom('tester', 'unknown')), by, (split, unit, by) => {
      const compiled = compileSplit(split)(unit, by.leased, by.attributes, by.sessionStartedAtMs);
      expect(compiled).toEqual(decideVariant(split, unit, by));
    }),
    { numRuns: 5_000 },
  );
});

type GoldenCase = {
  input: {
    op: string;
    seed: string;
    value: string;
    version: number;
    variations: number;
    coverage: number;
    weights: number[] | null;
  };
  expected: number;
};
const golden = JSON.parse(readFileSync(new URL('../golden/growthbook_hash.json', import.meta.url), 'utf8')) as {
  cases: GoldenCase[];
};
const cases = golden.cases.filter(({ input }) => input.version === 2);

test('units of the golden GrowthBook cases get their variation', () => {
  const assigned = cases.filter(({ input }) => input.op === 'assign' && input.variations > 1);
  expect(assigned.length).toBeGreaterThan(10);
  for (const { input, expected } of assigned) {
    const ranges = bucketRanges(input).map(([low, high]): [number, number] => [low, high]);
    const decision = compileSplit(withRanges(input.seed, ranges))(input.value, true);
    expect(decision.assignedBy === 'hash' ? decision.position : -1).toBe(expected);
  }
});

test('units of the golden GrowthBook cases fall into exactly their bucket', () => {
  const hashed = cases.filter(({ input }) => input.op === 'hash');
  expect(hashed.length).toBeGreaterThan(5);
  for (const { input, expected } of hashed) {
    const bucket = Math.round(expected * 10_000);
    const split = withRanges(input.seed, [
      [0, bucket / 10_000],
      [bucket / 10_000, (bucket + 1) / 10_000],
      [(bucket + 1) / 10_000, 1],
    ]);
    expect(compileSplit(split)(input.value, true)).toEqual({ position: 1, assignedBy: 'hash' });
  }
});

test("units get what GrowthBook's own SDK gives them", () => {
  const ranges: [number, number][] = [
    [0, 0.2],
    [0.2, 0.5],
    [0.5, 1],
  ];
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.string({ unit: 'binary', minLength: 1 }), (seed, id) => {
      const sdk = new GrowthBook({ attributes: { id } });
      const { variationId } = sdk.run({ key: 'split', variations: [0, 1, 2], hashVersion: 2, seed, ranges });
      sdk.destroy();
      expect(compileSplit(withRanges(seed, ranges))(id, true).position).toBe(variationId);
    }),
    { numRuns: 2_000 },
  );
});

function withRanges(seed: string, ranges: [number, number][]): Split {
  const variants = ranges.map((range, position) => ({ name: `v${position}`, version: 1, range }));
  return { seed, hashVersion: 2, fallback: 0, variants, conditions: [], force: {}, startedAtMs: null };
}
