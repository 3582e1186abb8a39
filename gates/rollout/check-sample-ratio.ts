import type { RolloutLook, StratumCounts } from '../../schema/contracts/rollout-look.ts';
import { sequentialSampleRatioTest } from '../../statistics/sequential-sample-ratio-test.ts';

/** Level of the sample ratio test over a whole rollout. */
const level = 0.001;

/**
 * Whether first exposures came in the ratio of the shares, stratum by stratum (the weights of one do not hold in another). Strata are
 * tested at level 0.001 / 2^(position), so that the whole stays at 0.001 however many there come. The Bayes factor of the
 * totals is that of all batches before: it does not depend on how they were cut.
 */
export function checkSampleRatio(counts: readonly StratumCounts[]): RolloutLook['sampleRatio'] {
  let smallest: number | null = null;
  for (const [position, { stratum, shares, exposures }] of counts.entries()) {
    const names = Object.keys(shares).filter((name) => (shares[name] ?? 0) > 0);
    const seen = names.map((name) => exposures[name] ?? 0);
    if (names.length < 2 || seen.every((count) => count === 0)) continue;
    const [look] = sequentialSampleRatioTest({ batches: [seen], weights: names.map((name) => shares[name] as number) });
    const pValue = look?.pValue ?? 1;
    smallest = Math.min(smallest ?? 1, pValue);
    if (pValue > level / 2 ** (position + 1)) continue;
    const expected = names.map((name) => `${name} ${((shares[name] ?? 0) * 100).toFixed(2)} %`).join(', ');
    const found = names.map((name, index) => `${name} ${seen[index]}`).join(', ');
    return {
      state: 'mismatch',
      pValue,
      sentence: `units did not arrive in the ratio of the shares (stratum ${stratum}: expected ${expected}; found ${found}): no comparison can be trusted`,
    };
  }
  return { state: 'ok', pValue: smallest, sentence: 'units arrived in the ratio of the shares' };
}
