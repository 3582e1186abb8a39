import type { MetricEvidence } from '../schema/contracts/evidence.ts';
import type { Criterion } from '../schema/contracts/gate.ts';
import type { CriterionResult } from '../schema/contracts/result.ts';
import type { ComparisonBench } from './comparison-bench.ts';
import { subject } from './comparison-sentence.ts';
import { defaultConfidence } from './describe-variant.ts';
import type { EvidenceReader } from './evidence-reader.ts';
import { type Judged, judgeCriterion } from './judge-criterion.ts';
import { judgeMustPass } from './judge-must-pass.ts';
import { judgeThreshold } from './judge-threshold.ts';
import type { Confirmation } from './must-pass-examples.ts';

/** One criterion for one candidate. */
interface OneCriterion {
  criterion: Criterion;
  index: number;
  candidate: string;
  bench: ComparisonBench;
  seed: string;
  confirmations?: readonly Confirmation[] | undefined;
}

/** Judges one criterion for one candidate. What cannot be judged is `inconclusive` and says what the run does have. */
export function judgeCandidate(reader: EvidenceReader, input: OneCriterion): CriterionResult {
  const { criterion, index, candidate } = input;
  const metric = reader.metric(criterion.metric);
  const split = criterion.split ?? null;
  const judged = judgeable(reader, criterion) ?? judgeKnown(reader, { ...input, metric: metric as MetricEvidence });
  const quantile = metric?.kind === 'duration' ? (criterion.quantile ?? 0.5) : null;
  return {
    index,
    metric: criterion.metric,
    candidate,
    hypothesis: criterion.hypothesis ?? (criterion.mustPass ? 'must_pass' : 'no_regression'),
    tier: criterion.tier ?? 'critical',
    verdict: judged.verdict,
    sentence: `${subject({ name: criterion.metric, split, quantile })}: ${judged.sentence}`,
    ...(judged.warning === undefined ? {} : { warning: judged.warning }),
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
  if (criterion.split !== undefined && reader.split(criterion.split) === undefined) {
    const known = Object.keys(evidence.splits).join(', ') || 'none';
    return cannotTell(`the run has no split "${criterion.split}"; it has: ${known}`);
  }
  if (criterion.split !== undefined && reader.split(criterion.split)?.length === 0) {
    return cannotTell(`the split "${criterion.split}" has no examples in this run`);
  }
  if (criterion.quantile !== undefined && metric.kind !== 'duration') {
    return cannotTell(`quantile goes with durations, and "${criterion.metric}" is a ${metric.kind}`);
  }
  return null;
}

function judgeKnown(reader: EvidenceReader, input: OneCriterion & { metric: MetricEvidence }): Judged {
  const { criterion, candidate, metric, bench, confirmations } = input;
  const { confidence, quantile } = criterion;
  const split = criterion.split ?? null;
  if (criterion.hypothesis === 'absolute' && !criterion.mustPass) return threshold(reader, input);
  const comparison = bench.compare({ metric, candidate, split, confidence, quantile });
  if (!criterion.mustPass) {
    const judged = judgeCriterion(criterion, comparison);
    bench.note(comparison, judged.verdict);
    return judged;
  }
  const mustPass = judgeMustPass(reader, { criterion, metric, comparison, confirmations });
  bench.note(comparison, mustPass.verdict);
  if (criterion.hypothesis === undefined) return mustPass;
  const other = criterion.hypothesis === 'absolute' ? threshold(reader, input) : judgeCriterion(criterion, comparison);
  return both(mustPass, other);
}

function threshold(reader: EvidenceReader, input: OneCriterion & { metric: MetricEvidence }): Judged {
  const { criterion, metric, candidate, seed } = input;
  const positions = criterion.split === undefined ? reader.everything : reader.split(criterion.split);
  return judgeThreshold(reader, {
    criterion,
    metric,
    candidate,
    positions: positions ?? new Uint32Array(0),
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
