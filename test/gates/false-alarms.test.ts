import { expect, it } from 'vitest';
import { compareMeans } from '../../gates/compare-means.ts';
import { compareMoney } from '../../gates/compare-money.ts';
import { countVerdicts, excludes, passRate, sample, seed } from '../statistics/reference/simulate.ts';

/** 500 A/A comparisons at 5 %: 38 wrong is the 99 % bound. The bootstrap these replaced made 53 and 46. */
const runs = 500;
const mostWrong = 38;

it(`calls scores of 100 examples, few of them unstable, different at most as often as alpha says (seed ${seed})`, () => {
  const wrong = countVerdicts(
    'gate means',
    (generator) => {
      const differences = sample(100, () => {
        const rate = generator.next() < 0.95 ? 1 : 0.5;
        return passRate(generator, 3, rate) - passRate(generator, 3, rate);
      });
      const options = { confidence: 0.95, seed: String(generator.nextUint32()) };
      return excludes(compareMeans({ differences, clusters: null, range: [-1, 1] }, options));
    },
    runs,
  );
  expect(wrong).toBeLessThanOrEqual(mostWrong);
});

it('calls heavy-tailed costs of 20 examples different at most as often as alpha says', () => {
  const wrong = countVerdicts(
    'gate money',
    (generator) => {
      const control = sample(20, () => Math.exp(generator.nextNormal()));
      const candidate = sample(20, () => Math.exp(generator.nextNormal()));
      const differences = candidate.map((cost, i) => cost - (control[i] as number));
      const pairs = { positions: new Uint32Array(20), control, candidate, differences, improved: 0, regressed: 0 };
      return excludes(compareMoney(pairs, null, { confidence: 0.95, seed: String(generator.nextUint32()) }), 1);
    },
    runs,
  );
  expect(wrong).toBeLessThanOrEqual(mostWrong);
});
