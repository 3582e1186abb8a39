import { checkConfidence } from './check.ts';
import {
  type MixtureDirection,
  type MixtureStage,
  mixtureLogE,
  type PreparedMixture,
  prepareMixture,
} from './design-mixture.ts';

export type MixtureIntervalResult = {
  /** Null before the first unit. Always inside the interval. */
  readonly estimate: number | null;
  /** sup of the effects in [-1, 1] shown to be too low; null when none is. */
  readonly low: number | null;
  /** inf of the effects in [-1, 1] shown to be too high; null when none is. */
  readonly high: number | null;
};

/**
 * Always-valid interval of a constant effect from rollout counts: low = sup{m: logE(m, +1) >= ln(2 / alpha)}, high = inf{m: logE(m, -1) >= ln(2 /
 * alpha)}, alpha = 1 - confidence. Estimate: per stratum sum(x) / (B + 1), summed, over the like sum of n / (B + 1), clamped to [-1, 1].
 * A guardrail at level alpha (one side) shows confidence 1 - 2 alpha, so that breached is the same as high <= -harmBeyond.
 */
export function mixtureInterval(input: {
  readonly stages: readonly MixtureStage[];
  readonly confidence: number;
}): MixtureIntervalResult {
  return preparedMixtureInterval(prepareMixture(input.stages), input.confidence);
}

/** The same from prepared strata, which need not come from two arms: shadow pairs bring their differences. */
export function preparedMixtureInterval(mixture: PreparedMixture, confidence: number): MixtureIntervalResult {
  checkConfidence(confidence);
  const threshold = Math.log(2 / (1 - confidence));
  const estimate = estimateOf(mixture);
  const start = estimate ?? 0;
  return {
    estimate,
    low: boundary({ mixture, threshold, direction: 1, start }),
    high: boundary({ mixture, threshold, direction: -1, start }),
  };
}

function estimateOf(mixture: PreparedMixture): number | null {
  let above = 0;
  let below = 0;
  for (const { scale, effects, counts } of mixture) {
    for (let i = 0; i < effects.length; i++) {
      above += scale * (counts[i] as number) * (effects[i] as number);
      below += scale * (counts[i] as number);
    }
  }
  return below === 0 ? null : Math.max(-1, Math.min(1, above / below));
}

/** The effect where the evidence crosses the threshold: Newton from the estimate, kept inside a shrinking bracket. */
function boundary(input: {
  readonly mixture: PreparedMixture;
  readonly threshold: number;
  readonly direction: MixtureDirection;
  readonly start: number;
}): number | null {
  const { mixture, threshold, direction, start } = input;
  const outer = -direction;
  const atOuter = mixtureLogE(mixture, outer, direction).logE;
  if (atOuter < threshold) return null;
  if (mixtureLogE(mixture, -outer, direction).logE >= threshold) return -outer;
  // `rejected` has evidence at or above the threshold, `kept` below it.
  let rejected = outer;
  let kept = -outer;
  let at = Math.max(-1, Math.min(1, start));
  for (let i = 0; i < 200; i++) {
    const { logE, slope } = mixtureLogE(mixture, at, direction);
    if (logE >= threshold) rejected = at;
    else kept = at;
    let next = at + (threshold - logE) / slope;
    const inside = direction === 1 ? next > rejected && next < kept : next < rejected && next > kept;
    if (!inside) next = (rejected + kept) / 2;
    if (Math.abs(next - at) <= 1e-15 || next === rejected || next === kept) return next;
    at = next;
  }
  return at;
}
