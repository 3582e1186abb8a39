import type { MetricEvidence } from '../schema/contracts/evidence.ts';
import type { Criterion } from '../schema/contracts/gate.ts';
import type { Verdict } from '../schema/contracts/words.ts';
import type { EvidenceReader } from './evidence-reader.ts';
import { formatConfidence, formatLevel, plural } from './format-number.ts';
import type { Judged } from './judge-criterion.ts';
import { variantInterval } from './variant-interval.ts';

/**
 * Judges an `absolute` criterion: the interval of the candidate's own mean (durations: quantile) passes when it lies
 * wholly on the right side of the threshold, fails when wholly on the wrong side. Control plays no part, nor do its
 * missing values.
 */
export function judgeThreshold(
  reader: EvidenceReader,
  input: {
    criterion: Criterion;
    metric: MetricEvidence;
    candidate: string;
    positions: Uint32Array;
    confidence: number;
    quantile: number | null;
    seed: string;
  },
): Judged {
  const { criterion, metric, candidate, positions, confidence } = input;
  const { min, max } = criterion;
  if (min === undefined && max === undefined) {
    return { verdict: 'inconclusive', sentence: `${candidate}: cannot tell: absolute needs min or max.` };
  }
  const { estimate, interval, reason } = variantInterval(reader, { ...input, variant: candidate });
  const values = reader.values(metric, candidate);
  let missing = 0;
  for (const position of positions) missing += values.missing[position] as number;
  const n = positions.filter((position) => (values.counts[position] as number) > 0).length;
  const bar = min === undefined ? `at most ${formatLevel(metric, max ?? 0)}` : `at least ${formatLevel(metric, min)}`;
  const range =
    interval === null
      ? ''
      : `${formatConfidence(confidence)} interval ${formatLevel(metric, interval[0])} to ${formatLevel(metric, interval[1])}, `;
  const found =
    estimate === null
      ? `${candidate} has no value`
      : `${candidate} is at ${formatLevel(metric, estimate)} (${range}n = ${n})`;
  const tolerated = criterion.maxMissing ?? 0;
  if (missing > tolerated) {
    const verb = missing === 1 ? 'is' : 'are';
    const gaps = `${plural(missing, 'value')} of ${candidate} ${verb} missing (${tolerated} tolerated)`;
    return { verdict: 'inconclusive', sentence: `${found}; cannot tell whether it is ${bar}: ${gaps}.` };
  }
  if (interval === null) {
    return {
      verdict: 'inconclusive',
      sentence: `${found}; cannot tell whether it is ${bar}: ${reason ?? 'no interval'}.`,
    };
  }
  const verdict = sideOf(interval, { min, max });
  if (verdict === 'inconclusive') {
    return { verdict, sentence: `${found}; cannot tell whether it is ${bar}: the interval contains the threshold.` };
  }
  return { verdict, sentence: `${found}: ${verdict === 'pass' ? bar : `not ${bar}`}.` };
}

function sideOf(
  [low, high]: readonly [number, number],
  bar: { min?: number | undefined; max?: number | undefined },
): Verdict {
  if (bar.min !== undefined) return low >= bar.min ? 'pass' : high < bar.min ? 'fail' : 'inconclusive';
  const max = bar.max as number;
  return high <= max ? 'pass' : low > max ? 'fail' : 'inconclusive';
}
