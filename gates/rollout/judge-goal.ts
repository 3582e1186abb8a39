import type { RolloutLook, StratumCounts } from '../../schema/contracts/rollout-look.ts';
import type { RolloutPlanMetric } from '../../schema/contracts/rollout-plan.ts';
import { unscaleEffect } from '../../schema/contracts/scale-value.ts';
import { mixtureInterval } from '../../statistics/mixture-interval.ts';
import type { SampleSummary } from '../../statistics/welch-t-test.ts';
import { welchTTest } from '../../statistics/welch-t-test.ts';
import { formatConfidence, formatPValue } from '../format-number.ts';
import { formatRolloutChange } from './format-rollout-change.ts';
import { guardrailEvidence } from './guardrail-evidence.ts';

type Goal = RolloutLook['goals'][number];

/**
 * Whether a candidate is better, asked once at the planned end. Welch's t where one unchanged split ran undisturbed; the always-valid
 * interval after ramps, extensions, skips and jumps, since those chose the end by the data.
 * @param confidence Of the two-sided interval; divide 1 - confidence among goals and candidates before.
 */
export function judgeGoal(input: {
  metric: RolloutPlanMetric;
  candidate: string;
  counts: readonly StratumCounts[];
  confidence: number;
  /** One split ran as planned, from beginning to end. */
  undisturbed: boolean;
}): Goal {
  const { metric, candidate, counts, confidence } = input;
  const found = input.undisturbed ? welch(input) : alwaysValid(input);
  const base = { metric: metric.name, candidate, pValue: found.pValue, test: found.test };
  if (found.estimate === null || found.low === null || found.high === null) {
    const sentence = `${metric.name}: ${candidate} cannot be compared with control (${found.reason})`;
    return { ...base, verdict: 'inconclusive', estimate: null, interval: null, sentence };
  }
  const verdict = found.low > 0 ? 'pass' : found.high < 0 ? 'fail' : 'inconclusive';
  const ends = [unscaleEffect(metric, found.low), unscaleEffect(metric, found.high)].sort((a, b) => a - b);
  const interval: [number, number] = [ends[0] as number, ends[1] as number];
  const estimate = unscaleEffect(metric, found.estimate);
  const said = { pass: 'is better', fail: 'is worse', inconclusive: 'is not shown to be better' }[verdict];
  const n = guardrailEvidence(counts, metric.name, candidate);
  const sentence = `${metric.name}: ${candidate} ${said}: ${formatRolloutChange(metric, estimate)} against control, ${formatConfidence(confidence)} interval ${formatRolloutChange(metric, interval[0])} to ${formatRolloutChange(metric, interval[1])} (${n.candidate} and ${n.control} units; ${found.test}${found.pValue === null ? '' : `, ${formatPValue(found.pValue)}`})`;
  return { ...base, verdict, estimate, interval, sentence };
}

interface Found {
  estimate: number | null;
  low: number | null;
  high: number | null;
  pValue: number | null;
  test: string;
  reason: string;
}

function welch(input: {
  metric: RolloutPlanMetric;
  candidate: string;
  counts: readonly StratumCounts[];
  confidence: number;
}): Found {
  const summary = (variant: string) => summarize(input.counts, input.metric.name, variant);
  const { estimate, interval, pValue, reason } = welchTTest({
    candidate: summary(input.candidate),
    control: summary('control'),
    confidence: input.confidence,
  });
  const test = "Welch's t, one look at the planned end";
  return { estimate, low: interval?.[0] ?? null, high: interval?.[1] ?? null, pValue, test, reason: reason ?? '' };
}

function alwaysValid(input: {
  metric: RolloutPlanMetric;
  candidate: string;
  counts: readonly StratumCounts[];
  confidence: number;
}): Found {
  const { strata } = guardrailEvidence(input.counts, input.metric.name, input.candidate);
  const { estimate, low, high } = mixtureInterval({
    stages: strata.map(({ mixture }) => mixture),
    confidence: input.confidence,
  });
  const test = 'design-based mixture, valid at every look';
  return { estimate, low: low ?? -1, high: high ?? 1, pValue: null, test, reason: 'no unit has a final value' };
}

/** Mean and variance of one variant's scaled values over all strata. */
function summarize(counts: readonly StratumCounts[], metric: string, variant: string): SampleSummary {
  let n = 0;
  let sum = 0;
  let squares = 0;
  for (const { bins } of counts) {
    bins[metric]?.[variant]?.forEach((count, bin) => {
      n += count;
      sum += (count * bin) / 100;
      squares += count * (bin / 100) ** 2;
    });
  }
  const mean = n === 0 ? 0 : sum / n;
  return { n, mean, variance: n < 2 ? 0 : Math.max(0, (squares - n * mean * mean) / (n - 1)) };
}
