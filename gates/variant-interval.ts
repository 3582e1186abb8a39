import type { MetricEvidence } from '../schema/contracts/evidence.ts';
import type { Interval } from '../schema/contracts/result.ts';
import { meanInterval } from '../statistics/mean-interval.ts';
import { quantileInterval } from '../statistics/quantile-interval.ts';
import { wilsonInterval } from '../statistics/wilson-interval.ts';
import { clusterNumbers } from './cluster-numbers.ts';
import { compareDurations } from './compare-durations.ts';
import { compareMeans } from './compare-means.ts';
import type { EvidenceReader } from './evidence-reader.ts';
import { nobodyConverged } from './restrict-steps.ts';
import { unseenBounds } from './unseen-bounds.ts';
import { sortedCells } from './variant-level.ts';

/** One variant alone. */
export interface VariantInterval {
  estimate: number | null;
  interval: Interval | null;
  reason: string | null;
}

/**
 * Interval of a variant's mean over examples: Wilson for pass/fail at one repetition; else t over per-example means;
 * with clusters as in `compareMeans`. With a quantile: order statistics, or a clustered bootstrap when trials share
 * an example or cluster.
 */
export function variantInterval(
  reader: EvidenceReader,
  input: {
    metric: MetricEvidence;
    variant: string;
    positions: Uint32Array;
    confidence: number;
    quantile: number | null;
    seed: string;
  },
): VariantInterval {
  const { evidence } = reader;
  const { metric, variant, confidence, quantile } = input;
  if (nobodyConverged(metric)) {
    return { estimate: null, interval: null, reason: 'no trial of any variant converged' };
  }
  const { means } = reader.values(metric, variant);
  const positions = input.positions.filter((position) => !Number.isNaN(means[position] as number));
  if (positions.length === 0) return { estimate: null, interval: null, reason: 'no trial has a value' };
  const clusters = clusterNumbers(evidence, positions);
  const options = { confidence, seed: JSON.stringify([input.seed, metric.name, variant, 'alone']) };
  if (quantile !== null) {
    if (clusters === null && evidence.repetitions === 1) {
      return mutable(
        quantileInterval({ values: sortedCells(reader, { ...input, positions }), probability: quantile, confidence }),
      );
    }
    return compareDurations(
      { evidence, metric, candidate: variant, control: null, positions, clusters, quantile },
      options,
    );
  }
  const values = new Float64Array(positions.length);
  for (let index = 0; index < values.length; index++) values[index] = means[positions[index] as number] as number;
  if (metric.kind === 'binary' && evidence.repetitions === 1 && clusters === null) {
    const successes = values.filter((value) => value === 1).length;
    if (values.every((value) => value === 0 || value === 1)) {
      return mutable(wilsonInterval({ successes, n: values.length, confidence }));
    }
  }
  const units = clusters?.count ?? values.length;
  const [first = Number.NaN] = values;
  if (metric.range !== null && values.every((value) => value === first)) {
    const interval = unseenBounds({ value: first, units, range: metric.range }, confidence);
    return { estimate: first, interval, reason: null };
  }
  const result =
    clusters === null
      ? mutable(meanInterval({ values, confidence }))
      : compareMeans({ differences: values, clusters, range: metric.range }, options);
  return { estimate: result.estimate, interval: inside(result.interval, metric.range), reason: result.reason };
}

function mutable(result: {
  estimate: number | null;
  interval: readonly [number, number] | null;
  reason: string | null;
}): VariantInterval {
  return { ...result, interval: result.interval && [result.interval[0], result.interval[1]] };
}

function inside(interval: Interval | null, range: readonly [number, number] | null): Interval | null {
  if (interval === null || range === null) return interval;
  return [Math.max(range[0], interval[0]), Math.min(range[1], interval[1])];
}
