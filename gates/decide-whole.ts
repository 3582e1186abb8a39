import type { Profile } from '../schema/contracts/gate.ts';
import type { CriterionResult } from '../schema/contracts/result.ts';
import type { Action, Verdict } from '../schema/contracts/words.ts';

/** The whole: verdict, action, the verdict of each candidate, and the sentences that decided. */
export interface WholeDecision {
  verdict: Verdict;
  action: Action;
  verdicts: Record<string, Verdict>;
  reasons: string[];
  /** Criteria that stayed undecided, and that the profile lets pass. */
  tolerated: CriterionResult[];
}

/**
 * A candidate fails when any critical criterion fails, passes when all pass but those that the profile tolerates, and is
 * undecided otherwise. With several candidates the whole passes when at least one passes (that one may go forward),
 * fails when all fail, and is inconclusive otherwise.
 */
export function decideWhole(
  criteria: readonly CriterionResult[],
  candidates: readonly string[],
  { profile, onInconclusive }: { profile?: Profile | undefined; onInconclusive: Action },
): WholeDecision {
  const tolerated: CriterionResult[] = [];
  const verdicts: Record<string, Verdict> = {};
  const reasons: string[] = [];
  for (const candidate of candidates) {
    const critical = criteria.filter((criterion) => criterion.candidate === candidate && criterion.tier === 'critical');
    const failed = critical.filter(({ verdict }) => verdict === 'fail');
    const forgiven = failed.length > 0 ? [] : toleratedBy(profile, critical);
    tolerated.push(...forgiven);
    const undecided = critical.filter((one) => one.verdict === 'inconclusive' && !forgiven.includes(one));
    verdicts[candidate] =
      failed.length > 0 ? 'fail' : undecided.length > 0 || critical.length === 0 ? 'inconclusive' : 'pass';
    const deciding =
      failed.length + undecided.length > 0
        ? [...failed, ...undecided]
        : critical.filter((one) => !forgiven.includes(one));
    for (const { sentence } of deciding) reasons.push(sentence);
    if (critical.length === 0) reasons.push(`No critical criterion judges ${candidate}, so nothing decides.`);
  }
  if (candidates.length === 0) reasons.push('There is no candidate to judge.');
  const verdict = wholeOf(Object.values(verdicts));
  if (candidates.length > 1) reasons.unshift(severalCandidates(verdicts));
  const action = verdict === 'pass' ? 'roll_forward' : verdict === 'fail' ? 'roll_back' : onInconclusive;
  return { verdict, action, verdicts, reasons, tolerated };
}

/**
 * Undecided criteria of a candidate that its profile lets pass: never a `mustPass`, never one whose judge is not trusted
 * (it may have seen harm that nobody can believe or disbelieve), and never all of them.
 */
function toleratedBy(profile: Profile | undefined, critical: CriterionResult[]): CriterionResult[] {
  const undecided = critical.filter(({ verdict }) => verdict === 'inconclusive');
  const passed = critical.filter(({ verdict }) => verdict === 'pass');
  const forgivable = ({ mustPass, untrusted }: CriterionResult) => mustPass !== true && untrusted !== true;
  if (profile === 'no_regression' && passed.length > 0) return undecided.filter(forgivable);
  const isGoal = ({ hypothesis }: CriterionResult) => hypothesis === 'superior';
  if (profile === 'improve' && passed.some(isGoal)) {
    return undecided.filter((one) => isGoal(one) && forgivable(one));
  }
  return [];
}

function wholeOf(verdicts: Verdict[]): Verdict {
  if (verdicts.includes('pass')) return 'pass';
  return verdicts.length > 0 && verdicts.every((verdict) => verdict === 'fail') ? 'fail' : 'inconclusive';
}

function severalCandidates(verdicts: Record<string, Verdict>): string {
  const groups = (['pass', 'fail', 'inconclusive'] as const).flatMap((verdict) => {
    const names = Object.keys(verdicts).filter((candidate) => verdicts[candidate] === verdict);
    return names.length === 0 ? [] : [`${verdict}: ${names.join(', ')}`];
  });
  return `Several candidates (${groups.join('; ')}): the whole passes when at least one passes and fails when all fail.`;
}
