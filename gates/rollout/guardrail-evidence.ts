import type { ShadowCounts, StratumCounts } from '../../schema/contracts/rollout-look.ts';
import type { MixtureCell, MixtureStage, PreparedMixture } from '../../statistics/design-mixture.ts';
import { prepareMixture } from '../../statistics/design-mixture.ts';

/** Evidence on one metric and one candidate, stratum by stratum; strata without a unit are left out. */
export interface GuardrailEvidence {
  strata: { stage: number; mixture: MixtureStage }[];
  candidate: number;
  control: number;
}

/**
 * The live strata of a metric for one candidate. With several candidates each is compared among the units of these two:
 * p = its share / (its share + control's).
 */
export function guardrailEvidence(
  counts: readonly StratumCounts[],
  metric: string,
  candidate: string,
): GuardrailEvidence {
  const evidence: GuardrailEvidence = { strata: [], candidate: 0, control: 0 };
  for (const { stage, shares, anchors, bins } of counts) {
    const cells: MixtureCell[] = [];
    const add = (arm: MixtureCell['arm'], ofArm: Float64Array | undefined) => {
      let units = 0;
      ofArm?.forEach((count, bin) => {
        if (count === 0) return;
        cells.push({ arm, value: bin / 100, count });
        units += count;
      });
      return units;
    };
    evidence.candidate += add('candidate', bins[metric]?.[candidate]);
    evidence.control += add('control', bins[metric]?.control);
    if (cells.length === 0) continue;
    const share = shares[candidate] ?? 0;
    const candidateShare = share / (share + (shares.control ?? 0));
    evidence.strata.push({ stage, mixture: { candidateShare, anchor: anchors[metric] ?? 0.5, cells } });
  }
  return evidence;
}

/** Pairs of a shadow stage: x = y of the candidate - y of control, so B = 1. Never multiplied into live strata. */
export function shadowEvidence(counts: ShadowCounts, metric: string): { mixture: PreparedMixture; pairs: number } {
  const effects: number[] = [];
  const units: number[] = [];
  let pairs = 0;
  counts.differences[metric]?.forEach((count, index) => {
    if (count === 0) return;
    effects.push((index - 100) / 100);
    units.push(count);
    pairs += count;
  });
  return { mixture: [{ scale: 0.5, effects: Float64Array.from(effects), counts: Float64Array.from(units) }], pairs };
}

export function prepared(evidence: GuardrailEvidence): PreparedMixture {
  return prepareMixture(evidence.strata.map(({ mixture }) => mixture));
}
