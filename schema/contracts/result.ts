/**
 * What programs outside the project read (DESIGN §8): the last line of `run start --json` and `run get --json`, and
 * the answer of `runs.get`. Change only by adding.
 */
import type { Approval } from './approval.ts';
import type { GuardrailResult, RolloutLook } from './rollout-look.ts';
import type { AttachedEvaluator } from './scoring.ts';
import type { Git } from './spec.ts';
import type { Action, MetricKind, RunKind, RunStatus, Verdict } from './words.ts';

/** [low, high]. */
export type Interval = [number, number];

export interface RunCounts {
  planned: number;
  succeeded: number;
  /** Failures the agent caused: they score 0 and count in errorRate. */
  failed: number;
  /** Failures the platform caused, and rows a finished run should have and does not. */
  missing: number;
  /** Never called: the run was aborted, or stopped early. */
  notRun: number;
  /** Of `succeeded`: took an earlier answer instead of a call. Only for runs with a cache. */
  cached?: number;
}

/** Trials of a variant that failed and were made again. Each counts once, as what it was at last. */
export interface RetriedTrials {
  variant: string;
  /** Trials made again. */
  trials: number;
  /** Of them: the agent had failed at. Calling it again until it succeeds makes it look better than it is. */
  failedByAgent: number;
}

/** What a run may spend, once somebody raised it. */
export interface RaisedBudget {
  /** The cap in force. */
  maxCostUsd: number;
  plannedMaxCostUsd: number;
  raisedBy: string;
  raisedAt: string;
}

export interface MetricResult {
  metric: string;
  variant: string;
  /** Trials (or examples, for means over repetitions) with a value. */
  n: number;
  mean: number | null;
  interval: Interval | null;
  /** Why there is no interval. */
  reason?: string;
  kind: MetricKind;
  p50?: number | null;
  p95?: number | null;
  /** Of steps to convergence only; `mean` is then the mean of steps restricted at `horizon`. */
  convergence?: ConvergenceResult;
}

/** How a variant came to its answers, beside the mean that decides. */
export interface ConvergenceResult {
  /** Trials that reached the right answer and stayed with it, of `n`. */
  converged: number;
  /** Steps that a trial which never converged counts as; null when no trial of any variant converged. */
  horizon: number | null;
  /** Mean over examples of the least steps of any correct trial of any variant; null without one. */
  optimum: number | null;
  /** Mean over examples of optimum / steps; 0 for a trial that never converged. */
  efficiency: number | null;
  /** Area under the Kaplan-Meier curve up to `horizon`: description, decides nothing (docs/adr/0017). */
  kaplanMeier: { mean: number | null; interval: Interval | null; reason?: string };
}

export interface ComparisonResult {
  metric: string;
  candidate: string;
  control: string;
  /** Examples paired. */
  n: number;
  /** candidate - control, in the metric's own unit and direction; a ratio for money (see `scale`). */
  estimate: number | null;
  interval: Interval | null;
  /** Two-sided, against no difference. */
  pValue: number | null;
  /** The statistical test used, e.g. "exact McNemar, paired Newcombe interval". */
  test: string;
  improved: number;
  regressed: number;
  verdict: Verdict;
  /** `difference` (candidate - control) or `ratio` (candidate / control). */
  scale: 'difference' | 'ratio';
  confidence: number;
  split?: string;
  /** Metadata of the examples compared. A slice that no criterion names decides nothing. */
  slice?: Record<string, string>;
  /** Examples that control solves in some repetitions but under 90 % of them; absent at one repetition. */
  flaky?: number;
  /** Durations are compared at p50 and at p95: which of the two this is. */
  quantile?: 0.5 | 0.95;
  reason?: string;
}

export interface CriterionResult {
  index: number;
  metric: string;
  candidate: string;
  hypothesis: string;
  tier: 'critical' | 'supporting' | 'advisory';
  verdict: Verdict;
  /** One sentence a person can read. */
  sentence: string;
  warning?: string;
  /** The criterion asks that no protected example breaks; only then present. */
  mustPass?: true;
  /** How many goals share the level by Holm; absent when it is not shared. */
  goals?: number;
  /** Its judge was not trusted, so it could not decide; only then present. */
  untrusted?: true;
}

/** How far a judge agrees with people, over the trials that both judged. */
export interface AgreementResult {
  /** `helpful@3`. */
  judge: string;
  /** The name under which people labelled. */
  label: string;
  /** What was compared: labels as said, or scores cut at `threshold`. */
  basis: 'label' | 'score';
  threshold: number | null;
  /** Labelled trials; one labelled by two people counts once. */
  trials: number;
  /** Labels of all people. */
  labels: number;
  /** Examples they belong to: what is drawn anew for the interval. */
  examples: number;
  people: string[];
  /** Share of labels in which judge and person say the same; null without labels. */
  observed: number | null;
  /** Cohen's kappa; null where it is undefined, as when everything has one label. */
  kappa: number | null;
  interval: Interval | null;
  confidence: number;
  /** Why there is no interval. */
  reason?: string;
  /** `counts[i][j]`: labels where the judge said `categories[i]` and a person `categories[j]`. */
  categories: string[];
  counts: number[][];
  /** Between people, over trials labelled by two or more of them: Krippendorff's alpha (nominal); null without such. */
  alpha: number | null;
  alphaInterval: Interval | null;
  /** Labels left out because one side has none of the kind compared. */
  unusable: number;
}

/** What became of an example that a candidate broke, after it was called again. */
export interface ConfirmationResult {
  candidate: string;
  metric: string;
  exampleId: string;
  /** Calls of the candidate on this example, those of the run's own trials included. */
  calls: number;
  failed: number;
}

/** The smallest effect that a run shows with probability `power`, as far as it can be told before. */
export interface DetectableEffect {
  metric: string;
  /** In the metric's own unit; a share of control's mean for money. Null when nothing is known of the spread. */
  effect: number | null;
  power: number;
  /** 1 - the level of the interval that decides. */
  alpha: number;
  /** Examples. */
  n: number;
  kind: MetricKind;
  /** Where the spread comes from: an earlier run, or an assumption. */
  basis: string;
}

/** Failures that share a cause. */
export interface FailureGroup {
  variant: string;
  errorClass: string;
  causedBy: 'agent' | 'platform' | 'evaluator';
  count: number;
  /** Trials planned for this variant, so that "50 of 50" can be said. */
  of: number;
  /** One failure of the group, and the example it happened on. */
  message: string;
  exampleId: string;
}

/** Which variants no other one beats on quality, cost and speed at once: on means, not tested. */
export interface ParetoFront {
  /** The metric that stands for quality. */
  quality: string | null;
  /** What was compared: what every variant has a value for. */
  dimensions: ('quality' | 'costUsd' | 'latencyMs')[];
  variants: {
    variant: string;
    quality: number | null;
    /** Mean per trial. */
    costUsd: number | null;
    /** p50. */
    latencyMs: number | null;
    onFront: boolean;
    /** Variants that are at least as good in every dimension and better in one. */
    dominatedBy: string[];
  }[];
}

/** One decision of a rollout: a step forward, a hold, or the way back. */
export interface RolloutDecision {
  id: string;
  verdict: Verdict;
  action: Action;
  evidenceHash: string;
  at: string;
}

export interface RunResult {
  id: string;
  kind: RunKind;
  name: string;
  status: RunStatus;
  verdict: Verdict | null;
  action: Action | null;
  verdicts: Record<string, Verdict>;
  reasons: string[];
  /** What a reader should know though it decides nothing. */
  warnings: string[];
  counts: RunCounts;
  metrics: MetricResult[];
  comparisons: ComparisonResult[];
  criteria: CriterionResult[];
  failures: FailureGroup[];
  /** Broken examples that were called again; absent when there were none. */
  confirmations?: ConfirmationResult[];
  /** How far judges agree with people, where the policy asks for it; absent elsewhere. */
  agreement?: AgreementResult[];
  /** Stated at launch; absent before and without metrics of evaluators. */
  detectableEffects?: DetectableEffect[];
  /** With two candidates or more. */
  front: ParetoFront | null;
  /** Absent where no trial was made again. */
  retried?: RetriedTrials[];
  /** Absent while the budget is as planned. */
  budget?: RaisedBudget;
  /** The run whose spec this one took; absent for others. */
  rerunOf?: string;
  /** As the spec says; absent without any. */
  tags?: string[];
  /** Calls made to agents; never too low (DESIGN §8). */
  agentCalls: number;
  costUsd: number | null;
  durationMs: number | null;
  /** Why the run could not finish, when `status` is failed or aborted. */
  error: { message: string; fix?: string } | null;
  decisionId: string | null;
  /** Of a rollout: the stage that runs, counted from 1; 0 before the first. */
  stage?: number;
  phase?: 'requested' | 'stage' | 'watch' | 'ended';
  /** Of a rollout: the share of units that get a candidate now. */
  share?: number;
  /** Of a rollout, as the last look saw them. */
  guardrails?: GuardrailResult[];
  goals?: RolloutLook['goals'];
  sampleRatio?: RolloutLook['sampleRatio'];
  decisions?: RolloutDecision[];
  /** Of a rollout that harm rolled back: from the last value that was counted to the change of traffic; at most 10 s too large. */
  rollbackMs?: number;
  /** Evaluators added after the run had ended: their metrics are shown with the others and decide nothing. */
  attached?: AttachedEvaluator[];
  /** Once persons were asked: what they were asked and said. The action stays null until they decided. */
  approval?: Approval;
  planHash: string | null;
  /** The commit it was started from, as the spec says. */
  git: Git | null;
  createdAt: string;
}

/** One update of `runs.watch`. */
export interface RunProgress {
  id: string;
  name: string;
  status: RunStatus;
  counts: RunCounts;
  /** Trials finished so far, in any way. */
  done: number;
  /** Over the last seconds; null before there is a rate. */
  trialsPerSecond: number | null;
  /** Scores of judges that call something, which come after the trials; absent where there are none. */
  scored?: number;
  toScore?: number;
  etaMs: number | null;
  costUsd: number | null;
  agentCalls: number;
  elapsedMs: number;
  /** Only of a rollout: where it stood at its last look. */
  rollout?: {
    stage: number;
    phase: 'requested' | 'stage' | 'watch' | 'ended';
    share: number;
    guardrails: GuardrailResult[];
    /** The first reason of the last look. */
    headline: string | null;
  };
  /** True in the last update. */
  final: boolean;
}
