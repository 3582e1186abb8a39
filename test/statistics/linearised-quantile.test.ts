import { describe, expect, it } from 'vitest';
import { createGenerator, type Generator } from '../../statistics/generator.ts';
import { linearisedQuantileDifferenceInterval } from '../../statistics/linearised-quantile-difference-interval.ts';
import { pairedQuantileDifferenceInterval } from '../../statistics/paired-quantile-difference-interval.ts';
import { countVerdicts, excludes, sample, seed } from './reference/simulate.ts';

/** Latencies in whole ms that share half of their spread, the candidate's longer by `factor`. */
function latencies(generator: Generator, n: number, factor = 1) {
  const shared = sample(n, () => generator.nextNormal());
  const draw = (scale: number) =>
    sample(n, (i) => Math.round(scale * 400 * Math.exp(0.4 * (shared[i] as number) + 0.4 * generator.nextNormal())));
  return { control: draw(1), candidate: draw(factor) };
}

describe(`the linearised interval of a difference of quantiles (seed ${seed})`, () => {
  it.each([0.5, 0.95])(
    'calls two alike latencies of 5,000 examples different in at most 5 %% of the runs, at %f',
    (probability) => {
      const wrong = countVerdicts(
        `linearised ${probability}`,
        (generator) =>
          excludes(
            linearisedQuantileDifferenceInterval({ ...latencies(generator, 5_000), probability, confidence: 0.95 }),
          ),
        500,
      );
      // 500 runs at 5 %: 38 wrong is the 99 % bound.
      expect(wrong).toBeLessThanOrEqual(38);
    },
  );

  it.each([0.5, 0.95])('agrees with the bootstrap of pairs at %f', (probability) => {
    const pairs = latencies(createGenerator(`${seed}/agree`), 20_000, 1.05);
    const linear = linearisedQuantileDifferenceInterval({ ...pairs, probability, confidence: 0.95 });
    const drawn = pairedQuantileDifferenceInterval({
      ...pairs,
      probability,
      confidence: 0.95,
      generator: createGenerator(seed),
    });
    expect(linear.estimate).toBe(drawn.estimate);
    const width = ([low, high]: readonly [number, number]) => high - low;
    const ratio = width(linear.interval ?? [0, 0]) / width(drawn.interval ?? [0, 1]);
    expect(ratio).toBeGreaterThan(0.85);
    expect(ratio).toBeLessThan(1.15);
  });

  it('widens when pairs come in clusters that share their difference', () => {
    const generator = createGenerator(`${seed}/clusters`);
    const of = sample(500, () => Math.exp(0.3 * generator.nextNormal()));
    const control = sample(5_000, () => 400 + 50 * generator.nextNormal());
    const candidate = sample(5_000, (i) => 400 * (of[i % 500] as number) + 50 * generator.nextNormal());
    const clusters = sample(5_000, (i) => i % 500);
    const input = { control, candidate, probability: 0.5, confidence: 0.95 };
    const [low = 0, high = 0] = linearisedQuantileDifferenceInterval({ ...input, clusters }).interval ?? [];
    const [alone = 0, to = 0] = linearisedQuantileDifferenceInterval(input).interval ?? [];
    expect(high - low).toBeGreaterThan(1.5 * (to - alone));
  });

  it('is undefined where the values around the quantile are all equal', () => {
    const control = sample(5_000, (i) => i);
    const candidate = sample(5_000, (i) => (i < 4_000 ? 7 : i));
    const result = linearisedQuantileDifferenceInterval({ control, candidate, probability: 0.5, confidence: 0.95 });
    expect(result).toMatchObject({ interval: null, reason: 'the values around the 0.5 quantile are all equal' });
  });
});
