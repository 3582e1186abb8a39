import type { Criterion, Hypothesis } from '../schema/contracts/gate.ts';
import type { Verdict } from '../schema/contracts/words.ts';
import type { Comparison } from './compare-variants.ts';
import { comparisonSentence } from './comparison-sentence.ts';
import { type Decision, decideHypothesis, orientedInterval } from './decide-hypothesis.ts';
import { examplesNeeded } from './examples-needed.ts';
import { formatChange, formatChanges, formatDecimal, plural } from './format-number.ts';

/** What a criterion says of a candidate, in a word and in a sentence without its subject. */
export interface Judged {
  verdict: Verdict;
  sentence: string;
  warning?: string;
}

/**
 * Judges a criterion that compares a candidate with control. Too many missing values leave it undecided, whatever the
 * rest says.
 * @param goals How many goals share the level by Holm.
 */
export function judgeCriterion(criterion: Criterion, comparison: Comparison, goals = 1): Judged {
  const found = comparisonSentence(comparison);
  const tolerated = criterion.maxMissing ?? 0;
  const { missing } = comparison;
  if (missing.control + missing.candidate > tolerated) {
    return { verdict: 'inconclusive', sentence: `${found}; cannot tell: ${missingClause(comparison, tolerated)}.` };
  }
  const decision = decideHypothesis(criterion, comparison);
  const clause = verdictClause(criterion, comparison, decision);
  const family = goals === 1 ? '' : ` (one of ${goals} goals, Holm)`;
  const sentence = `${found}${decision.verdict === 'inconclusive' ? '; ' : ': '}${clause}${family}.`;
  if (!decision.harmWithinMargin) return { verdict: decision.verdict, sentence };
  return { verdict: decision.verdict, sentence, warning: 'a loss is shown, within the tolerated margin' };
}

/** `3 values are missing (1 of control, 2 of b; 0 tolerated), ...` with the worst case where the metric is bounded. */
export function missingClause(comparison: Comparison, tolerated: number): string {
  const { missing, worstCase, request } = comparison;
  const count = missing.control + missing.candidate;
  const bounds =
    worstCase === null
      ? ''
      : `; whatever they were, the difference lies between ${formatChanges(request.metric, worstCase).replace(' to ', ' and ')}`;
  return (
    `${plural(count, 'value')} ${count === 1 ? 'is' : 'are'} missing (${missing.control} of control, ` +
    `${missing.candidate} of ${request.candidate}; ${tolerated} tolerated)${bounds}`
  );
}

function verdictClause(criterion: Criterion, comparison: Comparison, { verdict, margin }: Decision): string {
  const hypothesis = criterion.hypothesis ?? 'no_regression';
  if (verdict === 'inconclusive') return `cannot tell: ${whyUndecided(comparison, hypothesis, margin)}`;
  if (comparison.identical) return 'identical';
  if (hypothesis === 'superior') return verdict === 'pass' ? 'superior' : 'worse';
  if (hypothesis === 'no_regression') {
    if (verdict === 'fail') return 'a regression';
    const [low] = orientedInterval(comparison) ?? [0, 0];
    return low > 0 ? 'better' : 'no regression shown';
  }
  const tolerated = formatMargin(comparison, margin ?? 0);
  return verdict === 'pass' ? `not worse by more than ${tolerated}` : `worse by more than ${tolerated}`;
}

function whyUndecided(comparison: Comparison, hypothesis: Hypothesis, margin: number | null): string {
  const { interval, reason, request, estimate, scale, direction, n } = comparison;
  if (comparison.identical) return 'the outputs are identical, so neither is better';
  const oriented = orientedInterval(comparison);
  if (interval === null || oriented === null || estimate === null) return reason ?? 'there is no interval';
  if (hypothesis === 'non_inferior' && margin === null) {
    return "no margin can be had: none is given, or it is a share of control's level, which is 0";
  }
  const where = margin === null || margin === 0 ? '0' : `a loss of ${formatMargin(comparison, margin)}`;
  const shift = scale === 'ratio' ? 1 : 0;
  const effect = (direction === 'higher' ? estimate - shift : shift - estimate) + (margin ?? 0);
  const needed = examplesNeeded({ effect, interval: oriented, n, confidence: request.confidence });
  const more = needed === null ? '' : `; about ${needed} examples would be needed if the difference stays as it is`;
  return `the interval contains ${where}${more}`;
}

function formatMargin({ scale, request }: Comparison, margin: number): string {
  return scale === 'ratio' ? `${formatDecimal(100 * margin, 1)} %` : formatChange(request.metric, margin);
}
