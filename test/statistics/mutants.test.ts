import { describe, expect, it } from 'vitest';
import { designMixture } from '../../statistics/design-mixture.ts';
import type { Generator } from '../../statistics/generator.ts';
import { ratioSignFlipInterval } from '../../statistics/ratio-sign-flip-interval.ts';
import { signFlipInterval } from '../../statistics/sign-flip-interval.ts';
import {
  cheaperByLogRatio,
  mcnemarOverRepetitions,
  pairedByArrival,
  plainClusteredT,
  pooledOverStages,
} from './reference/mutants.ts';
import { countStages, type Ramp, simulateRollout } from './reference/rollout.ts';
import {
  clusteredNoise,
  countVerdicts,
  excludes,
  experiments,
  mostWrong,
  sample,
  seed,
  successes,
  unequalClusters,
} from './reference/simulate.ts';

/** Each wrong way runs on the very data of the real one: if it replaced the real one, the bound of 123 would break. */
describe(`the false-alarm bound tells right ways from wrong ones on the same data (seed ${seed})`, () => {
  const shares = [0.05, 0.2, 0.5];
  const falling: Ramp = { shares, unitsPerStage: 1_000, baseRate: (moment) => 0.8 - 0.2 * moment };
  const rolloutHarm = countVerdicts('falling', (generator) => {
    const stages = countStages(simulateRollout(generator, falling), shares, 0.7);
    return designMixture({ stages, alpha: 0.05, margin: 0 }).harm;
  });

  it('the rollout test survives a falling base rate, pooling over stages does not', () => {
    const mutant = countVerdicts('falling', (generator) => pooledOverStages(simulateRollout(generator, falling)));
    expect(rolloutHarm).toBeLessThanOrEqual(mostWrong);
    expect(mutant).toBeGreaterThan(mostWrong);
  });

  it('the rollout test survives a falling base rate, pairing the k-th outcomes does not', () => {
    const mutant = countVerdicts('falling', (generator) => pairedByArrival(simulateRollout(generator, falling)));
    expect(rolloutHarm).toBeLessThanOrEqual(mostWrong);
    expect(mutant).toBeGreaterThan(mostWrong);
  });

  it('per-example means survive repetitions, McNemar over repetitions does not', () => {
    const repetitions = 5;
    // An example's repetitions agree more with each other than with the other variant's.
    const rows = (generator: Generator) =>
      Array.from({ length: 60 }, () => {
        const rate = () => (generator.next() < 0.5 ? 0.95 : 0.3);
        return {
          control: successes(generator, repetitions, rate()),
          candidate: successes(generator, repetitions, rate()),
        };
      });
    const mutant = countVerdicts('repetitions', (generator) => mcnemarOverRepetitions(rows(generator), repetitions));
    const real = countVerdicts('repetitions', (generator) => {
      const differences = rows(generator).map(({ control, candidate }) => (candidate - control) / repetitions);
      return excludes(signFlipInterval({ differences, confidence: 0.95, permutations: 999, generator }));
    });
    expect(real).toBeLessThanOrEqual(mostWrong);
    expect(mutant).toBeGreaterThan(mostWrong);
  });

  it('a candidate 29 % dearer on average is not called cheaper, by log ratios it is', () => {
    // Control lognormal with mean 1; candidate's mean 1.29 times and geometric mean 0.89 times control's.
    const n = 100;
    const sigma = 0.5;
    const candidateSigma = Math.sqrt(sigma ** 2 + 2 * Math.log(1.29 / 0.89));
    const costs = (generator: Generator) => ({
      control: sample(n, () => Math.exp(sigma * generator.nextNormal())),
      candidate: sample(n, () => 0.89 * Math.exp(candidateSigma * generator.nextNormal())),
    });
    const mutant = countVerdicts('cost', (generator) => {
      const { candidate, control } = costs(generator);
      return cheaperByLogRatio(candidate, control);
    });
    const real = countVerdicts('cost', (generator) => {
      const { interval } = ratioSignFlipInterval({
        ...costs(generator),
        confidence: 0.95,
        permutations: 999,
        generator,
      });
      return interval !== null && interval[1] < 1;
    });
    expect(real).toBeLessThanOrEqual(mostWrong);
    expect(mutant).toBeGreaterThan(mostWrong);
  });

  it.each([6, 10, 20])('flipping %i unequal clusters keeps its level, clustered t does not', (count) => {
    const data = (generator: Generator) => {
      const clusters = unequalClusters(generator, count);
      return { clusters, values: clusteredNoise(generator, clusters) };
    };
    const mutant = countVerdicts(`clusters ${count}`, (generator) => {
      const { values, clusters } = data(generator);
      return plainClusteredT(values, clusters);
    });
    const real = countVerdicts(`clusters ${count}`, (generator) => {
      const { values, clusters } = data(generator);
      return excludes(
        signFlipInterval({ differences: values, clusters, confidence: 0.95, permutations: 999, generator }),
      );
    });
    expect(real).toBeLessThanOrEqual(mostWrong);
    expect(mutant).toBeGreaterThan(mostWrong);
  });

  it('runs as many experiments as it says', () => {
    expect(countVerdicts('all', () => true)).toBe(experiments);
  });
});
