import { type Criterion, isGoal } from '../schema/contracts/gate.ts';
import type { TrustCheck } from './check-trust.ts';
import type { ComparisonBench } from './comparison-bench.ts';
import { decideHypothesis } from './decide-hypothesis.ts';
import { defaultConfidence } from './describe-variant.ts';
import type { EvidenceReader } from './evidence-reader.ts';
import { subsetOf, unusableSubset } from './subset.ts';

/** How a goal is read when several share the level. */
export interface SharedLevel {
  confidence: number;
  /** Goals of the policy. */
  goals: number;
}

/**
 * Holm's step-down over the goals of one candidate, on intervals (docs/adr/0012): with k goals open, each is read at
 * 1 - (1 - confidence) / k; those decided there are closed, and the others are read again with the smaller k, until none
 * is decided. So the interval shown is the one that decides, and all claims together keep the level, whatever the
 * dependence between metrics. A goal that cannot be judged stays open.
 * @returns By index of the criterion; empty when there is at most one goal.
 */
export function shareLevel(
  reader: EvidenceReader,
  input: { criteria: readonly Criterion[]; candidate: string; bench: ComparisonBench; trust: TrustCheck },
): Map<number, SharedLevel> {
  const { criteria, candidate, bench, trust } = input;
  const shared = new Map<number, SharedLevel>();
  const goals = criteria.flatMap((criterion, index) => (isGoal(criterion) ? [index] : []));
  if (goals.length < 2) return shared;
  let open = goals;
  while (open.length > 0) {
    const left = open.length;
    for (const index of open) {
      const level = criteria[index]?.confidence ?? defaultConfidence;
      shared.set(index, { confidence: left === 1 ? level : 1 - (1 - level) / left, goals: goals.length });
    }
    open = open.filter((index) => !isDecided(index));
    if (open.length === left) break;
  }
  return shared;

  function isDecided(index: number): boolean {
    const criterion = criteria[index] as Criterion;
    const metric = reader.metric(criterion.metric);
    const subset = subsetOf(criterion);
    if (metric === undefined || unusableSubset(reader, subset) !== null) return false;
    if (trust.whyUntrusted(criterion) !== null) return false;
    const { quantile } = criterion;
    if (quantile !== undefined && metric.kind !== 'duration') return false;
    const confidence = shared.get(index)?.confidence;
    const comparison = bench.compare({ metric, candidate, ...subset, confidence, quantile });
    const { missing } = comparison;
    if (missing.control + missing.candidate > (criterion.maxMissing ?? 0)) return false;
    return decideHypothesis(criterion, comparison).verdict !== 'inconclusive';
  }
}
