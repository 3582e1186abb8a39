import type { StratumCounts } from '../../schema/contracts/rollout-look.ts';

/** Final control units from which their mean is taken for an anchor. */
export const unitsForAnchor = 100;

/**
 * Control's final mean so far by metric, where at least 100 units of it are final: the anchors of the next stratum. Frozen before its
 * first unit, so its test stays valid.
 */
export function nextAnchors(counts: readonly StratumCounts[], metrics: readonly string[]): Record<string, number> {
  const anchors: Record<string, number> = {};
  for (const metric of metrics) {
    let units = 0;
    let sum = 0;
    for (const { bins } of counts) {
      bins[metric]?.control?.forEach((count, bin) => {
        units += count;
        sum += (count * bin) / 100;
      });
    }
    if (units >= unitsForAnchor) anchors[metric] = sum / units;
  }
  return anchors;
}
