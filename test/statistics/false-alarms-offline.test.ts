import { describe, expect, it } from 'vitest';
import { bcaInterval } from '../../statistics/bca-interval.ts';
import { clopperPearsonInterval } from '../../statistics/clopper-pearson-interval.ts';
import { clusteredTInterval } from '../../statistics/clustered-t-interval.ts';
import type { Generator } from '../../statistics/generator.ts';
import { mcnemarTest } from '../../statistics/mcnemar-test.ts';
import { pairedNewcombeInterval } from '../../statistics/paired-newcombe-interval.ts';
import { pairedQuantileDifferenceInterval } from '../../statistics/paired-quantile-difference-interval.ts';
import { quantileInterval } from '../../statistics/quantile-interval.ts';
import { ratioSignFlipInterval } from '../../statistics/ratio-sign-flip-interval.ts';
import { signFlipInterval } from '../../statistics/sign-flip-interval.ts';
import { signFlipTest } from '../../statistics/sign-flip-test.ts';
import { tangoInterval } from '../../statistics/tango-interval.ts';
import {
  chance,
  clusteredNoise,
  countVerdicts,
  excludes,
  mostWrong,
  passRate,
  sample,
  seed,
  successes,
  unequalClusters,
} from './reference/simulate.ts';

/** A/A: 2,000 experiments in which nothing changed; at 5 % at most 123 may say it did. */
describe(`an offline comparison of a version with itself is called different at most as often as alpha says (seed ${seed})`, () => {
  it.each([
    { n: 20, discordant: 0.1 },
    { n: 20, discordant: 0.4 },
    { n: 50, discordant: 0.2 },
    { n: 200, discordant: 0.05 },
    { n: 500, discordant: 0.1 },
  ])('pass/fail of $n examples, $discordant of them unstable', ({ n, discordant }) => {
    const table = (generator: Generator) => {
      const changed = successes(generator, n, discordant);
      const onlyCandidate = successes(generator, changed, 0.5);
      const both = Math.round(0.8 * (n - changed));
      return { both, neither: n - changed - both, onlyCandidate, onlyControl: changed - onlyCandidate };
    };
    const name = `pass/fail ${n} ${discordant}`;
    const mcnemar = countVerdicts(name, (generator) => mcnemarTest(table(generator)).pValue <= 0.05);
    const newcombe = countVerdicts(name, (generator) =>
      excludes(pairedNewcombeInterval({ ...table(generator), confidence: 0.95 })),
    );
    const tango = countVerdicts(name, (generator) =>
      excludes(tangoInterval({ ...table(generator), confidence: 0.95 })),
    );
    expect(mcnemar).toBeLessThanOrEqual(mostWrong);
    expect(newcombe).toBeLessThanOrEqual(mostWrong);
    expect(tango).toBeLessThanOrEqual(mostWrong);
  });

  const differences: Record<string, (generator: Generator) => Float64Array> = {
    'normal scores of 20 examples': (g) => sample(20, () => g.nextNormal()),
    'pass rates of 20 examples over 3 repetitions, many ties': (g) =>
      sample(20, () => {
        const rate = chance(g, 0.7) ? 0.97 : 0.5;
        return passRate(g, 3, rate) - passRate(g, 3, rate);
      }),
    'pass rates of 150 examples over 5 repetitions': (g) =>
      sample(150, () => {
        const rate = 0.5 + 0.5 * g.next();
        return passRate(g, 5, rate) - passRate(g, 5, rate);
      }),
    '5 changed examples among 100': (g) => sample(100, () => (chance(g, 0.05) ? (chance(g, 0.5) ? 1 : -1) : 0)),
    'heavy-tailed differences of 100 examples': (g) =>
      sample(100, () => Math.exp(1.5 * g.nextNormal()) - Math.exp(1.5 * g.nextNormal())),
    'graded scores 0..4 of 30 examples': (g) => sample(30, () => g.nextInt(5) / 4 - g.nextInt(5) / 4),
  };
  it.each(Object.keys(differences))('sign flips: %s', (name) => {
    const draw = differences[name] as (generator: Generator) => Float64Array;
    const wrong = countVerdicts(name, (generator) =>
      excludes(signFlipInterval({ differences: draw(generator), confidence: 0.95, permutations: 999, generator })),
    );
    expect(wrong).toBeLessThanOrEqual(mostWrong);
    const rejected = countVerdicts(name, (generator) => {
      const { pValue } = signFlipTest({ differences: draw(generator), permutations: 999, generator });
      return pValue !== null && pValue <= 0.05;
    });
    expect(rejected, 'the test says what its interval says').toBe(wrong);
  });

  it.each([6, 10, 40, 100])('sign flips of %i unequal clusters', (clusters) => {
    const wrong = countVerdicts(`flip ${clusters} clusters`, (generator) => {
      const keys = unequalClusters(generator, clusters);
      const differencesOfOne = clusteredNoise(generator, keys);
      const input = { differences: differencesOfOne, clusters: keys, permutations: 999, generator };
      return excludes(signFlipInterval({ ...input, confidence: 0.95 }));
    });
    expect(wrong).toBeLessThanOrEqual(mostWrong);
  });

  it('clustered t of 100 unequal clusters', () => {
    const wrong = countVerdicts('clustered t 100', (generator) => {
      const clusters = unequalClusters(generator, 100);
      return excludes(clusteredTInterval({ values: clusteredNoise(generator, clusters), clusters, confidence: 0.95 }));
    });
    expect(wrong).toBeLessThanOrEqual(mostWrong);
  });

  it('BCa bootstrap of graded scores of 300 examples', () => {
    const wrong = countVerdicts('bca 300', (generator) => {
      const values = sample(300, () => generator.nextInt(5) / 4 - generator.nextInt(5) / 4);
      return excludes(bcaInterval({ differences: values, confidence: 0.95, resamples: 999, generator }));
    });
    expect(wrong).toBeLessThanOrEqual(mostWrong);
  });

  it.each([
    { n: 7, sigma: 2 },
    { n: 20, sigma: 1 },
    { n: 100, sigma: 2 },
  ])('ratio of mean costs of $n examples, lognormal sigma $sigma', ({ n, sigma }) => {
    const wrong = countVerdicts(`cost ${n} ${sigma}`, (generator) => {
      const shared = sample(n, () => generator.nextNormal());
      const cost = (i: number) => Math.exp(sigma * (0.7 * (shared[i] as number) + 0.7 * generator.nextNormal()));
      const input = { candidate: sample(n, cost), control: sample(n, cost), permutations: 999, generator };
      return excludes(ratioSignFlipInterval({ ...input, confidence: 0.95 }), 1);
    });
    expect(wrong).toBeLessThanOrEqual(mostWrong);
  });

  it.each([
    { n: 30, probability: 0.5 },
    { n: 200, probability: 0.95 },
  ])('the $probability quantile of the latency of $n examples', ({ n, probability }) => {
    const wrong = countVerdicts(`latency ${n} ${probability}`, (generator) => {
      const shared = sample(n, () => generator.nextNormal());
      const latencyMs = (i: number) =>
        Math.round(400 * Math.exp(0.4 * (shared[i] as number) + 0.4 * generator.nextNormal()));
      const input = { candidate: sample(n, latencyMs), control: sample(n, latencyMs), resamples: 499, generator };
      return excludes(pairedQuantileDifferenceInterval({ ...input, probability, confidence: 0.95 }));
    });
    expect(wrong).toBeLessThanOrEqual(mostWrong);
  });
});

describe('the interval of one variant misses the truth at most as often as it says', () => {
  it.each([
    { n: 20, rate: 0.9 },
    { n: 300, rate: 0.02 },
  ])('exact interval of a pass rate of $rate over $n examples', ({ n, rate }) => {
    const wrong = countVerdicts(`rate ${n} ${rate}`, (generator) =>
      excludes(clopperPearsonInterval({ successes: successes(generator, n, rate), n, confidence: 0.95 }), rate),
    );
    expect(wrong).toBeLessThanOrEqual(mostWrong);
  });

  it.each([
    { n: 20, probability: 0.5 },
    { n: 100, probability: 0.95 },
  ])('the $probability quantile of $n latencies', ({ n, probability }) => {
    const truth = -Math.log(1 - probability);
    const wrong = countVerdicts(`quantile ${n} ${probability}`, (generator) => {
      const values = sample(n, () => -Math.log(1 - generator.next()));
      return excludes(quantileInterval({ values, probability, confidence: 0.95 }), truth);
    });
    expect(wrong).toBeLessThanOrEqual(mostWrong);
  });
});
