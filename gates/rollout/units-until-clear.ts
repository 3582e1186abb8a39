import type { StratumCounts } from '../../schema/contracts/rollout-look.ts';
import type { RolloutPlanMetric } from '../../schema/contracts/rollout-plan.ts';
import { binsPerMetric } from '../../schema/contracts/scale-value.ts';
import { guardrailEvidence, prepared } from './guardrail-evidence.ts';
import { judgeGuardrail } from './judge-guardrail.ts';

/** More units than this are out of reach of any rollout. */
const most = 1e9;

/**
 * Units, of both arms, after which a guardrail is expected to be clear when the candidate is just as good as control: where the very
 * judgement says so of the expected counts, in half of all rollouts a little earlier, in half a little later. Values that are not yes
 * or no are taken to spread as widely as they can, which asks for too many rather than too few.
 * @param input.share Of units that get the candidate in this stage.
 * @param input.before Stages before it: their share, and the units that are expected by then.
 * @returns null without a margin, or when no number of units is enough
 */
export function unitsUntilClear(input: {
  metric: RolloutPlanMetric;
  share: number;
  before: readonly { share: number; units: number }[];
  harmAlpha: number;
}): number | null {
  const { metric, share, before, harmAlpha } = input;
  if (metric.margin === null) return null;
  const isClear = (units: number) => {
    const strata = [...before, { share, units }].map((one, stratum) => expectedCounts(metric, one, stratum));
    const live = guardrailEvidence(strata, metric.name, 'candidate');
    const { state } = judgeGuardrail({
      metric,
      candidate: 'candidate',
      mixture: prepared(live),
      n: { candidate: live.candidate, control: live.control },
      perStage: [],
      harmAlpha,
      shares: 1,
      dataState: 'ok',
    });
    return state === 'clear';
  };
  let high = 64;
  while (!isClear(high)) {
    high *= 2;
    if (high > most) return null;
  }
  let low = high / 2;
  while (high - low > Math.max(1, high / 100)) {
    const middle = Math.round((low + high) / 2);
    if (isClear(middle)) high = middle;
    else low = middle;
  }
  return high;
}

/** What a stage is expected to count: both arms at control's mean. */
function expectedCounts(
  { name, anchor }: RolloutPlanMetric,
  { share, units }: { share: number; units: number },
  stratum: number,
): StratumCounts {
  const arm = (count: number) => {
    const bins = new Float64Array(binsPerMetric);
    const good = Math.round(count * anchor);
    bins[binsPerMetric - 1] = good;
    bins[0] = Math.round(count) - good;
    return bins;
  };
  return {
    stratum,
    stage: stratum,
    shares: { candidate: share, control: 1 - share },
    anchors: { [name]: anchor },
    exposures: {},
    bins: { [name]: { candidate: arm(units * share), control: arm(units * (1 - share)) } },
  };
}
