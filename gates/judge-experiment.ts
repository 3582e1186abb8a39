import type { ExperimentEvidence } from '../schema/contracts/evidence.ts';
import type { GatePolicy } from '../schema/contracts/gate.ts';
import type { AgreementResult, ComparisonResult, CriterionResult, MetricResult } from '../schema/contracts/result.ts';
import type { Action, Verdict } from '../schema/contracts/words.ts';
import { checkEvidence } from './check-evidence.ts';
import { checkTrust } from './check-trust.ts';
import { compareSlices } from './compare-slices.ts';
import type { Comparison } from './compare-variants.ts';
import { comparisonBench } from './comparison-bench.ts';
import { comparisonResult } from './comparison-result.ts';
import { subject } from './comparison-sentence.ts';
import { decideWhole } from './decide-whole.ts';
import { defaultPolicy, expandProfile } from './default-policy.ts';
import { describeVariant } from './describe-variant.ts';
import { evidenceReader } from './evidence-reader.ts';
import { plural } from './format-number.ts';
import { judgeCandidate } from './judge-candidate.ts';
import type { Confirmation } from './must-pass-examples.ts';
import { shareLevel } from './share-level.ts';

export interface JudgeOptions {
  /** Where all chance comes from: permutations and resamples. The run's id, or what a replay of its decision stored. */
  seed: string;
  /** Re-runs of examples that a `mustPass` criterion saw broken. */
  confirmations?: readonly Confirmation[];
}

/** What a gate says of an experiment; the fields of the same names in `RunResult`. */
export interface ExperimentJudgement {
  verdict: Verdict;
  action: Action;
  /** Per candidate. */
  verdicts: Record<string, Verdict>;
  /** Sentences of the criteria that decided. */
  reasons: string[];
  criteria: CriterionResult[];
  metrics: MetricResult[];
  /**
   * Several of one metric and candidate stand in the order: all examples before splits, the criterion's confidence
   * before 95 %.
   */
  comparisons: ComparisonResult[];
  warnings: string[];
  /** Of the judges that the policy asks trust of; absent when it asks none. */
  agreement?: AgreementResult[];
}

/**
 * Judges an experiment by a policy (null: `defaultPolicy`). Pure: the same policy, evidence and seed give the same
 * bytes. Fails closed: what is unknown, missing or too small is `inconclusive` with its reason, never a pass. Throws
 * RangeError on evidence whose parts do not fit together.
 */
export function judgeExperiment(
  policy: GatePolicy | null,
  given: ExperimentEvidence,
  options: JudgeOptions,
): ExperimentJudgement {
  checkEvidence(given);
  const reader = evidenceReader(given);
  const { evidence } = reader;
  const expanded = policy === null ? defaultPolicy(evidence) : expandProfile(policy, evidence);
  const { criteria, slices, onInconclusive, profile } = expanded;
  const trust = checkTrust(expanded, evidence);
  const bench = comparisonBench(reader, options.seed);
  const results: CriterionResult[] = [];
  for (const candidate of evidence.candidates) {
    const levels = shareLevel(reader, { criteria, candidate, bench, trust });
    for (const [index, criterion] of criteria.entries()) {
      const shared = levels.get(index);
      results.push(judgeCandidate(reader, { criterion, index, candidate, bench, shared, trust, ...options }));
    }
  }
  results.sort((one, other) => one.index - other.index);
  const { tolerated, ...whole } = decideWhole(results, evidence.candidates, {
    profile,
    onInconclusive: onInconclusive ?? 'hold',
  });
  const sliceWarnings = compareSlices(reader, { keys: slices ?? [], bench });
  const comparisons = bench.all();
  const agreement = trust.measured();
  return {
    ...whole,
    criteria: results,
    metrics: evidence.metrics.flatMap((metric) =>
      [evidence.control, ...evidence.candidates].map((variant) =>
        describeVariant(reader, { metric, variant, seed: options.seed }),
      ),
    ),
    comparisons: comparisons.map((noted) => comparisonResult(noted, evidence.control)),
    warnings: [
      ...tolerated.map(({ sentence }) => `undecided, which the profile ${profile} lets pass: ${sentence}`),
      ...criterionWarnings(results),
      ...sliceWarnings,
      ...leftOutWarnings(comparisons.map(({ comparison }) => comparison)),
    ],
    ...(agreement.length === 0 ? {} : { agreement }),
  };
}

function criterionWarnings(results: CriterionResult[]): string[] {
  const warnings: string[] = [];
  for (const { metric, candidate, tier, verdict, sentence, warning } of results) {
    if (warning !== undefined) warnings.push(`${metric}, ${candidate}: ${warning}.`);
    if (tier !== 'critical' && verdict === 'fail') warnings.push(`${tier} criterion failed: ${sentence}`);
  }
  return warnings;
}

/** Pairs left out because a side has no value by nature: what remains may not be the whole picture. */
function leftOutWarnings(comparisons: Comparison[]): string[] {
  const warnings = new Set<string>();
  for (const { request, n, valueless } of comparisons) {
    const { metric, candidate, split, slice, positions } = request;
    if (valueless === 0 || n === 0 || slice !== null) continue;
    const name = subject({ name: metric.name, split, slice, quantile: null });
    const left = `${valueless} of ${plural(positions.length, 'example')} have no value for control or ${candidate}`;
    warnings.add(`${name}: ${left} and are left out.`);
  }
  return [...warnings];
}
