import { checkConfidence } from './check.ts';

/** How many units of one arm have one value. Values are scaled to [0, 1], up is good. */
export type MixtureCell = {
  readonly arm: 'candidate' | 'control';
  readonly value: number;
  readonly count: number;
};

/**
 * A stratum: a stretch of a rollout with one seed, share and anchor. The counts are all the test needs: a revised outcome moves
 * one count, and the order of arrival does not matter.
 */
export type MixtureStage = {
  /** Probability that a unit of this stratum got the candidate, strictly between 0 and 1. */
  readonly candidateShare: number;
  /** Guess of the mean in [0, 1], frozen before the stratum's first unit. */
  readonly anchor: number;
  readonly cells: readonly MixtureCell[];
};

/** Strata ready for evaluation: one entry per stratum, with the per-unit effects x of its occupied cells. */
export type PreparedMixture = readonly {
  readonly scale: number;
  readonly effects: Float64Array;
  readonly counts: Float64Array;
}[];

const GRID_SIZE = 12;
const GRID = Array.from({ length: GRID_SIZE }, (_, k) => 0.004 * (0.95 / 0.004) ** (k / (GRID_SIZE - 1)));

/**
 * Turns counts into per-unit effects: x = (value - anchor) / p for the candidate, -(value - anchor) / (1 - p) for control, whose mean is the
 * effect of the unit whatever drifts. Throws RangeError on a share, anchor, value or count outside its range.
 */
export function prepareMixture(stages: readonly MixtureStage[]): PreparedMixture {
  return stages.map(({ candidateShare, anchor, cells }) => {
    if (!(candidateShare > 0 && candidateShare < 1)) {
      throw new RangeError(`candidateShare must be strictly between 0 and 1, found ${candidateShare}`);
    }
    if (!(anchor >= 0 && anchor <= 1)) throw new RangeError(`anchor must be in 0..1, found ${anchor}`);
    const occupied = cells.filter((cell) => cell.count !== 0);
    const effects = new Float64Array(occupied.length);
    const counts = new Float64Array(occupied.length);
    occupied.forEach(({ arm, value, count }, i) => {
      if (!(value >= 0 && value <= 1)) throw new RangeError(`value must be in 0..1, found ${value}`);
      if (!Number.isSafeInteger(count) || count < 0)
        throw new RangeError(`count must be whole and >= 0, found ${count}`);
      effects[i] = arm === 'candidate' ? (value - anchor) / candidateShare : -(value - anchor) / (1 - candidateShare);
      counts[i] = count;
    });
    const largest = Math.max(anchor, 1 - anchor) / Math.min(candidateShare, 1 - candidateShare);
    return { scale: 1 / (largest + 1), effects, counts };
  });
}

/** Which way the evidence points: +1 against "effect <= m", -1 against "effect >= m". */
export type MixtureDirection = 1 | -1;

/**
 * The log e-value log mean_k exp(sum over units ln(1 + d lambda_k (x - m))) and its slope in m: d = direction, lambda_k = c_k / (B + 1) per
 * stratum. A test supermartingale: at any look, reject when it reaches ln(1 / alpha). 0 when there are no units.
 */
export function mixtureLogE(
  mixture: PreparedMixture,
  effect: number,
  direction: MixtureDirection,
): { readonly logE: number; readonly slope: number } {
  const sums = new Float64Array(GRID_SIZE);
  const slopes = new Float64Array(GRID_SIZE);
  let largest = Number.NEGATIVE_INFINITY;
  for (let k = 0; k < GRID_SIZE; k++) {
    let sum = 0;
    let slope = 0;
    for (const { scale, effects, counts } of mixture) {
      const lambda = direction * (GRID[k] as number) * scale;
      for (let i = 0; i < effects.length; i++) {
        const bet = lambda * ((effects[i] as number) - effect);
        const count = counts[i] as number;
        sum += count * Math.log1p(bet);
        slope -= (count * lambda) / (1 + bet);
      }
    }
    sums[k] = sum;
    slopes[k] = slope;
    if (sum > largest) largest = sum;
  }
  let weight = 0;
  let slope = 0;
  for (let k = 0; k < GRID_SIZE; k++) {
    const share = Math.exp((sums[k] as number) - largest);
    weight += share;
    slope += share * (slopes[k] as number);
  }
  return { logE: largest + Math.log(weight / GRID_SIZE), slope: slope / weight };
}

export type DesignMixtureResult = {
  /** Evidence against "effect >= -harmBeyond" and against "effect <= -margin". */
  readonly logEHarm: number;
  readonly logEClear: number;
  /** Each at level alpha, at any look. */
  readonly harm: boolean;
  readonly clear: boolean;
  /** Final units counted. */
  readonly units: number;
};

/**
 * The test of live rollouts on (candidate - control): harm when the effect is shown to be below -harmBeyond, clear when shown to be above
 * -margin. Valid at every look, under ramping and drift, without a minimum n. Interval and estimate: `mixtureInterval`.
 */
export function designMixture(input: {
  readonly stages: readonly MixtureStage[];
  /** Level of each of the two one-sided statements, e.g. 0.05. */
  readonly alpha: number;
  /** Largest loss that is still fine, >= 0, in units of the scaled metric. */
  readonly margin: number;
  /** Loss that must be exceeded to count as harm, >= 0. @default 0 */
  readonly harmBeyond?: number;
}): DesignMixtureResult {
  checkConfidence(1 - input.alpha);
  const mixture = prepareMixture(input.stages);
  const threshold = Math.log(1 / input.alpha);
  const logEHarm = mixtureLogE(mixture, -(input.harmBeyond ?? 0), -1).logE;
  const logEClear = mixtureLogE(mixture, -input.margin, 1).logE;
  let units = 0;
  for (const { counts } of mixture) for (const count of counts) units += count;
  return { logEHarm, logEClear, harm: logEHarm >= threshold, clear: logEClear >= threshold, units };
}
