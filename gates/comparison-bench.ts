import type { MetricEvidence } from '../schema/contracts/evidence.ts';
import type { Verdict } from '../schema/contracts/words.ts';
import { type Comparison, compareVariants } from './compare-variants.ts';
import { defaultConfidence } from './describe-variant.ts';
import type { EvidenceReader } from './evidence-reader.ts';

/** Every comparison is computed once; criteria that use it leave their verdicts with it. */
export interface ComparisonBench {
  compare(request: {
    metric: MetricEvidence;
    candidate: string;
    split: string | null;
    confidence?: number | undefined;
    quantile?: 0.5 | 0.95 | undefined;
  }): Comparison;
  /** Notes the verdict of a criterion that used this comparison. */
  note(comparison: Comparison, verdict: Verdict): void;
  /**
   * The comparisons of all metrics over all examples at 95 %, and whatever else was asked for, in the order of the
   * result.
   */
  all(): { comparison: Comparison; verdicts: Verdict[] }[];
}

/** A bench over one experiment. All chance derives from `seed`. */
export function comparisonBench(reader: EvidenceReader, seed: string): ComparisonBench {
  const { evidence } = reader;
  const made = new Map<string, { comparison: Comparison; verdicts: Verdict[] }>();
  const compare: ComparisonBench['compare'] = ({
    metric,
    candidate,
    split,
    confidence = defaultConfidence,
    quantile,
  }) => {
    const probability = metric.kind === 'duration' ? (quantile ?? 0.5) : null;
    const key = JSON.stringify([metric.name, candidate, split, confidence, probability]);
    const known = made.get(key);
    if (known !== undefined) return known.comparison;
    const positions = split === null ? reader.everything : (reader.split(split) ?? new Uint32Array(0));
    const request = { metric, candidate, split, positions, confidence, quantile: probability };
    const comparison = compareVariants(reader, request, seed);
    made.set(key, { comparison, verdicts: [] });
    return comparison;
  };
  return {
    compare,
    note(comparison, verdict) {
      for (const entry of made.values()) if (entry.comparison === comparison) entry.verdicts.push(verdict);
    },
    all() {
      for (const metric of evidence.metrics) {
        for (const candidate of evidence.candidates) {
          compare({ metric, candidate, split: null });
          if (metric.kind === 'duration') compare({ metric, candidate, split: null, quantile: 0.95 });
        }
      }
      const metricOrder = new Map(evidence.metrics.map((metric, index) => [metric, index]));
      const candidateOrder = new Map(evidence.candidates.map((candidate, index) => [candidate, index]));
      const rank = ({ request }: Comparison) => [
        metricOrder.get(request.metric) ?? 0,
        candidateOrder.get(request.candidate) ?? 0,
        request.split === null ? 0 : 1,
        request.quantile ?? 0,
        request.confidence === defaultConfidence ? 1 : 0,
      ];
      return [...made.values()].sort((one, other) => {
        const ranks = rank(other.comparison);
        for (const [index, value] of rank(one.comparison).entries()) {
          const difference = value - (ranks[index] as number);
          if (difference !== 0) return difference;
        }
        return 0;
      });
    },
  };
}
