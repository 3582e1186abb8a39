import type { DataState, GuardrailResult, GuardrailState } from '../../schema/contracts/rollout-look.ts';
import type { RolloutPlanMetric } from '../../schema/contracts/rollout-plan.ts';
import { scaleDifference, unscaleEffect } from '../../schema/contracts/scale-value.ts';
import { mixtureLogE, type PreparedMixture } from '../../statistics/design-mixture.ts';
import { preparedMixtureInterval } from '../../statistics/mixture-interval.ts';
import { formatConfidence } from '../format-number.ts';
import { formatRolloutChange } from './format-rollout-change.ts';

/**
 * One guardrail of one candidate (DESIGN §7 "Guardrails"): breached when harm beyond `harmBeyond` is shown at level
 * harmAlpha / shares, clear when a loss of `margin` is excluded at level harmAlpha. The interval has level 1 - 2 harmAlpha / shares,
 * so that breached is the same as "the whole interval lies beyond harmBeyond". Valid at every look.
 */
export function judgeGuardrail(input: {
  metric: RolloutPlanMetric;
  candidate: string;
  mixture: PreparedMixture;
  n: { candidate: number; control: number };
  perStage: GuardrailResult['perStage'];
  harmAlpha: number;
  /** Among how many guardrails and candidates harmAlpha is divided. */
  shares: number;
  dataState: DataState;
}): GuardrailResult {
  const { metric, candidate, mixture, n, harmAlpha, shares } = input;
  const harmBeyond = scaleDifference(metric, metric.harmBeyond);
  const isBreached = mixtureLogE(mixture, -harmBeyond, -1).logE >= Math.log(shares / harmAlpha);
  const isClear =
    metric.margin !== null &&
    mixtureLogE(mixture, -scaleDifference(metric, metric.margin), 1).logE >= Math.log(1 / harmAlpha);
  const state: GuardrailState = isBreached ? 'breached' : isClear ? 'clear' : 'open';
  const confidence = 1 - (2 * harmAlpha) / shares;
  const { estimate, low, high } = preparedMixtureInterval(mixture, confidence);
  const ownUnit = (effect: number) => unscaleEffect(metric, effect);
  const interval: [number, number] | null = estimate === null ? null : sorted(ownUnit(low ?? -1), ownUnit(high ?? 1));
  return {
    metric: metric.name,
    candidate,
    state,
    dataState: input.dataState,
    estimate: estimate === null ? null : ownUnit(estimate),
    interval,
    n,
    sentence: sentenceOf({ metric, candidate, state, n, estimate, interval, confidence, dataState: input.dataState }),
    perStage: input.perStage,
  };
}

const dataSentences: Record<Exclude<DataState, 'ok'>, string> = {
  no_data: 'no unit of the candidate has a final value yet',
  stale_data: 'values stopped arriving',
  low_data: 'too few units have a final value yet',
  failing_evaluator: 'its evaluator fails on many answers',
};

function sentenceOf(input: {
  metric: RolloutPlanMetric;
  candidate: string;
  state: GuardrailState;
  dataState: DataState;
  n: { candidate: number; control: number };
  estimate: number | null;
  interval: [number, number] | null;
  confidence: number;
}): string {
  const { metric, candidate, state, dataState, n, estimate, interval } = input;
  const units = `${n.candidate} units of ${candidate}, ${n.control} of control`;
  if (estimate === null || interval === null) {
    return `${metric.name}: nothing is known of ${candidate} yet (${units}${dataState === 'ok' ? '' : `; ${dataSentences[dataState]}`})`;
  }
  const found = `${formatRolloutChange(metric, unscaleEffect(metric, estimate))} against control, ${formatConfidence(input.confidence)} interval ${formatRolloutChange(metric, interval[0])} to ${formatRolloutChange(metric, interval[1])}`;
  const said = {
    breached: 'harm is shown',
    clear: `no loss beyond ${formatRolloutChange(metric, metric.margin ?? 0, false)} is shown`,
    open: 'neither harm nor its absence is shown',
  }[state];
  const warning = dataState === 'ok' ? '' : `; ${dataSentences[dataState]}`;
  return `${metric.name}: ${said}: ${candidate} ${found} (${units}${warning})`;
}

function sorted(one: number, other: number): [number, number] {
  return one <= other ? [one, other] : [other, one];
}
