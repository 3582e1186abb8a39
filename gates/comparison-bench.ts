import type { MetricEvidence } from '../schema/contracts/evidence.ts';
import type { Verdict } from '../schema/contracts/words.ts';
import { type Comparison, compareVariants } from './compare-variants.ts';
import { defaultConfidence } from './describe-variant.ts';
import type { EvidenceReader } from './evidence-reader.ts';
import { type Subset, subsetPositions } from './subset.ts';

/** Every comparison is computed once; criteria that use it leave their verdicts with it. */
export interface ComparisonBench {
  compare(request: {
    metric: MetricEvidence;
    candidate: string;
    split: string | null;
    slice?: Subset['slice'] | undefined;
    confidence?: number | undefined;
    quantile?: 0.5 | 0.95 | undefined;
  }): Comparison;
  /** Notes the verdict of a criterion that used this comparison, and what a reader must know of it. */
  note(comparison: Comparison, verdict: Verdict, reason?: string): void;
  /** True when a criterion left its verdict with the comparison. */
  isNoted(comparison: Comparison): boolean;
  /**
   * The comparisons of all metrics over all examples at 95 %, and those with a verdict, in the order of the result.
   */
  all(): NotedComparison[];
}

/** A comparison with the verdicts of the criteria that used it. */
export interface NotedComparison {
  comparison: Comparison;
  verdicts: Verdict[];
  reasons: string[];
}

/** A bench over one experiment. All chance derives from `seed`. */
export function comparisonBench(reader: EvidenceReader, seed: string): ComparisonBench {
  const { evidence } = reader;
  const made = new Map<string, NotedComparison>();
  const entryOf = (comparison: Comparison) => [...made.values()].find((entry) => entry.comparison === comparison);
  const compare: ComparisonBench['compare'] = ({
    metric,
    candidate,
    split,
    slice = null,
    confidence = defaultConfidence,
    quantile,
  }) => {
    const probability = metric.kind === 'duration' ? (quantile ?? 0.5) : null;
    const key = JSON.stringify([metric.name, candidate, split, slice, confidence, probability]);
    const known = made.get(key);
    if (known !== undefined) return known.comparison;
    const positions = subsetPositions(reader, { split, slice });
    const request = { metric, candidate, split, slice, positions, confidence, quantile: probability };
    const comparison = compareVariants(reader, request, seed);
    made.set(key, { comparison, verdicts: [], reasons: [] });
    return comparison;
  };
  return {
    compare,
    note(comparison, verdict, reason) {
      const entry = entryOf(comparison);
      entry?.verdicts.push(verdict);
      if (reason !== undefined) entry?.reasons.push(reason);
    },
    isNoted: (comparison) => (entryOf(comparison)?.verdicts.length ?? 0) > 0,
    all() {
      const ofAll = new Set<Comparison>();
      for (const metric of evidence.metrics) {
        for (const candidate of evidence.candidates) {
          ofAll.add(compare({ metric, candidate, split: null }));
          if (metric.kind === 'duration') ofAll.add(compare({ metric, candidate, split: null, quantile: 0.95 }));
        }
      }
      const metricOrder = new Map(evidence.metrics.map((metric, index) => [metric, index]));
      const candidateOrder = new Map(evidence.candidates.map((candidate, index) => [candidate, index]));
      const rank = ({ request }: Comparison) => [
        metricOrder.get(request.metric) ?? 0,
        candidateOrder.get(request.candidate) ?? 0,
        request.slice === null ? 0 : 1,
        request.split === null ? 0 : 1,
        request.quantile ?? 0,
        request.confidence === defaultConfidence ? 1 : 0,
      ];
      // What Holm looked at on its way, and did not end at, is not shown.
      const shown = [...made.values()].filter((one) => one.verdicts.length > 0 || ofAll.has(one.comparison));
      return shown.sort((one, other) => {
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
