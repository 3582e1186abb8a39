import type { MetricEvidence } from '../schema/contracts/evidence.ts';
import type { Criterion } from '../schema/contracts/gate.ts';
import type { CriterionResult } from '../schema/contracts/result.ts';
import type { TrustCheck } from './check-trust.ts';
import type { ComparisonBench } from './comparison-bench.ts';
import { comparisonSentence, subject } from './comparison-sentence.ts';
import { defaultConfidence } from './describe-variant.ts';
import type { EvidenceReader } from './evidence-reader.ts';
import { type Judged, judgeCriterion } from './judge-criterion.ts';
import { judgeMustPass } from './judge-must-pass.ts';
import { judgeThreshold } from './judge-threshold.ts';
import type { Confirmation } from './must-pass-examples.ts';
import type { SharedLevel } from './share-level.ts';
import { subsetOf, subsetPositions, unusableSubset } from './subset.ts';

/** One criterion for one candidate. */
interface OneCriterion {
  criterion: Criterion;
  index: number;
  candidate: string;
  bench: ComparisonBench;
  seed: string;
  confirmations?: readonly Confirmation[] | undefined;
  /** When several goals share the level. */
  shared?: SharedLevel | undefined;
  trust: TrustCheck;
}

/** Judges one criterion for one candidate. What cannot be judged is `inconclusive` and says what the run does have. */
export function judgeCandidate(reader: EvidenceReader, input: OneCriterion): CriterionResult {
  const { index, candidate, shared, trust } = input;
  const criterion: Criterion =
    shared === undefined ? input.criterion : { ...input.criterion, confidence: shared.confidence };
  const metric = reader.metric(criterion.metric);
  const unjudgeable = judgeable(reader, criterion);
  const untrusted = unjudgeable === null ? trust.whyUntrusted(criterion) : null;
  const judged =
    unjudgeable ?? judgeKnown(reader, { ...input, criterion, metric: metric as MetricEvidence, untrusted });
  const quantile = metric?.kind === 'duration' ? (criterion.quantile ?? 0.5) : null;
  return {
    index,
    metric: criterion.metric,
    candidate,
    hypothesis: criterion.hypothesis ?? (criterion.mustPass ? 'must_pass' : 'no_regression'),
    tier: criterion.tier ?? 'critical',
    verdict: judged.verdict,
    sentence: `${subject({ name: criterion.metric, ...subsetOf(criterion), quantile })}: ${judged.sentence}`,
    ...(judged.warning === undefined ? {} : { warning: judged.warning }),
    ...(criterion.mustPass ? { mustPass: true as const } : {}),
    ...(shared === undefined ? {} : { goals: shared.goals }),
    ...(untrusted === null ? {} : { untrusted: true as const }),
  };
}

/** Why a criterion cannot be judged at all; null when it can. */
function judgeable(reader: EvidenceReader, criterion: Criterion): Judged | null {
  const { evidence } = reader;
  const cannotTell = (why: string): Judged => ({ verdict: 'inconclusive', sentence: `cannot tell: ${why}.` });
  const metric = reader.metric(criterion.metric);
  if (metric === undefined) {
    const known = evidence.metrics.map(({ name }) => name).join(', ') || 'none';
    return cannotTell(`the run has no metric "${criterion.metric}"; it has: ${known}`);
  }
  const unusable = unusableSubset(reader, subsetOf(criterion));
  if (unusable !== null) return cannotTell(unusable);
  if (criterion.quantile !== undefined && metric.kind !== 'duration') {
    return cannotTell(`quantile goes with durations, and "${criterion.metric}" is a ${metric.kind}`);
  }
  return null;
}

function judgeKnown(
  reader: EvidenceReader,
  input: OneCriterion & { metric: MetricEvidence; untrusted: string | null },
): Judged {
  const { criterion, candidate, metric, bench, confirmations, untrusted } = input;
  const { confidence, quantile } = criterion;
  const goals = input.shared?.goals ?? 1;
  if (criterion.hypothesis === 'absolute' && !criterion.mustPass) {
    if (untrusted === null) return threshold(reader, input);
    return { verdict: 'inconclusive', sentence: `cannot tell: ${untrusted}.` };
  }
  const comparison = bench.compare({ metric, candidate, ...subsetOf(criterion), confidence, quantile });
  if (untrusted !== null) {
    bench.note(comparison, 'inconclusive', untrusted);
    return { verdict: 'inconclusive', sentence: `${comparisonSentence(comparison)}; cannot tell: ${untrusted}.` };
  }
  if (!criterion.mustPass) {
    const judged = judgeCriterion(criterion, comparison, goals);
    bench.note(comparison, judged.verdict);
    return judged;
  }
  const mustPass = judgeMustPass(reader, { criterion, metric, comparison, confirmations });
  bench.note(comparison, mustPass.verdict);
  if (criterion.hypothesis === undefined) return mustPass;
  const other =
    criterion.hypothesis === 'absolute' ? threshold(reader, input) : judgeCriterion(criterion, comparison, goals);
  return both(mustPass, other);
}

function threshold(reader: EvidenceReader, input: OneCriterion & { metric: MetricEvidence }): Judged {
  const { criterion, metric, candidate, seed } = input;
  return judgeThreshold(reader, {
    criterion,
    metric,
    candidate,
    positions: subsetPositions(reader, subsetOf(criterion)),
    confidence: criterion.confidence ?? defaultConfidence,
    quantile: metric.kind === 'duration' ? (criterion.quantile ?? 0.5) : null,
    seed,
  });
}

/** A criterion that asks for two things passes when both hold and fails when either fails. */
function both(one: Judged, other: Judged): Judged {
  const verdicts = [one.verdict, other.verdict];
  const warnings = [one.warning, other.warning].filter((warning) => warning !== undefined);
  return {
    verdict: verdicts.includes('fail') ? 'fail' : verdicts.includes('inconclusive') ? 'inconclusive' : 'pass',
    sentence: `${one.sentence} ${other.sentence}`,
    ...(warnings.length === 0 ? {} : { warning: warnings.join('; ') }),
  };
}
