import type {
  DataState,
  GuardrailResult,
  RolloutLook,
  ShadowCounts,
  StratumCounts,
} from '../../schema/contracts/rollout-look.ts';
import type { RolloutPlan, RolloutPlanMetric, RolloutStage } from '../../schema/contracts/rollout-plan.ts';
import { unscaleEffect } from '../../schema/contracts/scale-value.ts';
import { mixtureInterval } from '../../statistics/mixture-interval.ts';
import { checkSampleRatio } from './check-sample-ratio.ts';
import { guardrailEvidence, prepared, shadowEvidence } from './guardrail-evidence.ts';
import { judgeGoal } from './judge-goal.ts';
import { judgeGuardrail } from './judge-guardrail.ts';
import { nextAnchors } from './next-anchors.ts';

/** All that a look may judge by. The same input gives the same look. */
export interface RolloutEvidence {
  /** Position in plan.stages; plan.stages.length while the promoted version is watched. */
  stage: number;
  /** Since the stage was entered, pauses and freezes left out. */
  elapsedMs: number;
  /** `extend` gave this much more. */
  extendedMs?: number;
  /** Some stage was extended, skipped or jumped: benefits are told by the always-valid interval. */
  disturbed: boolean;
  strata: readonly StratumCounts[];
  /** Of shadow stages. */
  shadow: readonly ShadowCounts[];
  /** Since the last value arrived, by metric; null = none ever did. */
  sinceLastValueMs: Record<string, number | null>;
  /** Of judged answers, by evaluator metric: the share that the evaluator failed on. */
  evaluatorErrors: Record<string, number>;
  /** Zero-tolerance events that a second judgement or a person confirmed: metric -> candidate -> events. */
  confirmedEvents: Record<string, Record<string, number>>;
  /** Exposures that were lost before they were stored. */
  droppedExposures: number;
  /** What was told of benefit at the planned end: it is told once, and not asked again. */
  goals?: RolloutLook['goals'];
  /** A person ordered to leave the stage now: what speaks against it is told, and stops nothing but harm and a broken ratio. */
  ordered?: 'advance' | 'skip';
  /** The candidate that is in production, under watch: others have no part in it any more. */
  promoted?: string;
}

/** An evaluator that fails on more than this share of the answers says nothing about them. */
const failingShare = 0.2;
/** Values count as stale when none arrived for this long, beyond the metric's window. */
const staleAfterMs = 1_800_000;

/**
 * What a look at a rollout says and leads to (DESIGN §7 "Online"): harm is acted on at every look, advancing needs samples, time and an intact
 * sample ratio, benefit is asked for once at the planned end, and no, stale or little data and a failing evaluator
 * are never taken for success.
 */
export function judgeRollout(plan: RolloutPlan, evidence: RolloutEvidence): RolloutLook {
  const stage = plan.stages[evidence.stage];
  const guarded = plan.metrics.filter(({ guardrail }) => guardrail);
  const shares = Math.max(1, guarded.length * plan.candidates.length);
  const candidates = plan.candidates.filter(
    ({ name }) => evidence.promoted === undefined || evidence.promoted === name,
  );
  const guardrails = candidates.flatMap(({ name }) =>
    guarded.map((metric) => guardrailOf(plan, evidence, stage, metric, name, shares)),
  );
  const sampleRatio = checkSampleRatio(evidence.strata);
  const look: RolloutLook = { guardrails, sampleRatio, goals: [], next: 'wait', reasons: [] };

  const stopped = zeroTolerance({ ...plan, candidates }, evidence);
  const breached = guardrails.filter(({ state }) => state === 'breached');
  // Hard limits act whatever the sample ratio says; the others compare arms that a broken ratio makes incomparable.
  const acting = sampleRatio.state === 'ok' ? breached : breached.filter(({ metric }) => metric === 'errorRate');
  if (stopped.length > 0 || acting.length > 0) {
    look.reasons = [...stopped, ...acting.map(({ sentence }) => sentence)];
    look.next = plan.onHarm;
    return look;
  }
  if (sampleRatio.state === 'mismatch') {
    look.reasons = [sampleRatio.sentence];
    return look;
  }
  if (evidence.droppedExposures > 0) {
    look.reasons = [`${evidence.droppedExposures} exposures were lost before they were stored; a person must decide`];
    look.next = 'hold';
    return look;
  }
  // Under watch after promotion only harm acts; how long is the workflow's business.
  if (stage === undefined) return look;

  const obstacles = obstaclesOf(plan, evidence, stage, guardrails);
  if (obstacles.length === 0) return advance(plan, evidence, look);
  look.reasons = obstacles;
  if (evidence.ordered !== undefined) return advance(plan, evidence, look);
  if (evidence.elapsedMs >= stage.maxDurationMs + (evidence.extendedMs ?? 0)) {
    const silent = guardrails.filter(({ dataState }) => dataState !== 'ok' && dataState !== 'low_data');
    const answer = silent.length > 0 ? plan.onNoData : plan.onTimeout;
    look.reasons.unshift(`the stage is at its maxDuration, and the policy answers ${answer}`);
    look.timedOut = true;
    look.next = answer === 'advance' ? 'wait' : answer;
    return answer === 'advance' ? advance(plan, evidence, look) : look;
  }
  const known = anchorsToOpen(plan, evidence, stage);
  if (known !== null) {
    look.anchors = known;
    look.next = 'reopen';
  }
  return look;
}

function guardrailOf(
  plan: RolloutPlan,
  evidence: RolloutEvidence,
  stage: RolloutStage | undefined,
  metric: RolloutPlanMetric,
  candidate: string,
  shares: number,
): GuardrailResult {
  const common = { metric, candidate, harmAlpha: plan.harmAlpha, shares };
  const inShadow = evidence.shadow.find((one) => one.stage === evidence.stage && one.candidate === candidate);
  if (stage?.kind === 'shadow') {
    const counts = inShadow ?? { stage: evidence.stage, candidate, differences: {} };
    const { mixture, pairs } = shadowEvidence(counts, metric.name);
    const n = { candidate: pairs, control: pairs };
    return judgeGuardrail({
      ...common,
      mixture,
      n,
      perStage: [],
      dataState: dataStateOf(evidence, stage, metric, pairs),
    });
  }
  const live = guardrailEvidence(evidence.strata, metric.name, candidate);
  const stages = [...new Set(live.strata.map((one) => one.stage))];
  const perStage = stages.map((number) => {
    const strata = live.strata.filter((one) => one.stage === number).map(({ mixture }) => mixture);
    const { estimate } = mixtureInterval({ stages: strata, confidence: 0.95 });
    const n = strata.reduce((sum, { cells }) => sum + cells.reduce((units, { count }) => units + count, 0), 0);
    return { stage: number, estimate: estimate === null ? null : unscaleEffect(metric, estimate), n };
  });
  const inStage = unitsInStage(evidence, metric.name, candidate);
  return judgeGuardrail({
    ...common,
    mixture: prepared(live),
    n: { candidate: live.candidate, control: live.control },
    perStage,
    dataState: dataStateOf(evidence, stage, metric, inStage),
  });
}

/** Candidate units of the present stage with a final value. */
function unitsInStage(evidence: RolloutEvidence, metric: string, candidate: string): number {
  let units = 0;
  for (const { stage, bins } of evidence.strata) {
    if (stage !== evidence.stage) continue;
    bins[metric]?.[candidate]?.forEach((count) => {
      units += count;
    });
  }
  return units;
}

function dataStateOf(
  evidence: RolloutEvidence,
  stage: RolloutStage | undefined,
  metric: RolloutPlanMetric,
  units: number,
): DataState {
  if ((evidence.evaluatorErrors[metric.name] ?? 0) > failingShare) return 'failing_evaluator';
  if (units === 0) return 'no_data';
  const since = evidence.sinceLastValueMs[metric.name] ?? null;
  if (since !== null && since > staleAfterMs + metric.attributionWindowMs) return 'stale_data';
  return stage !== undefined && units < stage.minSamples ? 'low_data' : 'ok';
}

/** Why the stage may not advance yet. */
function obstaclesOf(
  plan: RolloutPlan,
  evidence: RolloutEvidence,
  stage: RolloutStage,
  guardrails: GuardrailResult[],
): string[] {
  const obstacles: string[] = [];
  const minDurationMs = (stage.kind === 'traffic' ? stage.minDurationMs : 0) + (evidence.extendedMs ?? 0);
  if (evidence.elapsedMs < minDurationMs) {
    obstacles.push(`the stage runs for ${minutes(evidence.elapsedMs)} of at least ${minutes(minDurationMs)}`);
  }
  for (const { metric, candidate, dataState, state, sentence } of guardrails) {
    if (dataState !== 'ok') {
      const units = stage.kind === 'shadow' ? 'pairs' : `units of ${candidate}`;
      obstacles.push(
        `${metric}: ${dataState.replaceAll('_', ' ')} (at least ${stage.minSamples} ${units} with a final value are needed)`,
      );
    } else if (stage.kind === 'traffic' && stage.requireClear && state !== 'clear') {
      obstacles.push(`the stage requires clear, and ${sentence}`);
    }
  }
  // Without a guardrail time alone would advance: exposures stand in for samples.
  if (guardrails.length === 0 && stage.kind === 'traffic') {
    for (const { name } of plan.candidates) {
      const exposed = evidence.strata.reduce(
        (sum, one) => sum + (one.stage === evidence.stage ? (one.exposures[name] ?? 0) : 0),
        0,
      );
      if (exposed < stage.minSamples)
        obstacles.push(`${exposed} of at least ${stage.minSamples} units of ${name} were exposed`);
    }
  }
  return obstacles;
}

/** The stage is done. At the end of the last one the goals are judged, once. */
function advance(plan: RolloutPlan, evidence: RolloutEvidence, look: RolloutLook): RolloutLook {
  const isLast = evidence.stage + (evidence.ordered === 'skip' ? 2 : 1) >= plan.stages.length;
  look.anchors = nextAnchors(
    evidence.strata,
    plan.metrics.map(({ name }) => name),
  );
  look.next = 'advance';
  if (!isLast) {
    if (look.reasons.length === 0) look.reasons = ['nothing speaks against the next stage'];
    return look;
  }
  const goals = plan.metrics.filter(({ goal }) => goal !== null);
  const shares = Math.max(1, goals.length * plan.candidates.length);
  const undisturbed =
    plan.strategy === 'ab_test' &&
    !evidence.disturbed &&
    evidence.ordered === undefined &&
    // A stage that waits until it is clear ends when the data say so.
    !plan.stages.some((one) => one.kind === 'traffic' && one.requireClear) &&
    hasOneSplit(plan, evidence.strata);
  const told = evidence.goals;
  look.goals =
    told ??
    plan.candidates.flatMap(({ name }) =>
      goals.map((metric) =>
        judgeGoal({ metric, candidate: name, counts: evidence.strata, confidence: 1 - 0.05 / shares, undisturbed }),
      ),
    );
  if (goals.length === 0) return look;
  const best = plan.candidates.filter(({ name }) =>
    look.goals.every(({ candidate, verdict }) => candidate !== name || verdict === 'pass'),
  );
  look.reasons = [...look.reasons, ...look.goals.map(({ sentence }) => sentence)];
  if (best.length > 0) return look;
  look.next = look.goals.every(({ verdict }) => verdict === 'fail') ? 'roll_back' : 'hold';
  return look;
}

/** Units that are drawn anew in a second stage count twice: their values are not independent. */
function hasOneSplit({ rerandomize }: RolloutPlan, strata: readonly StratumCounts[]): boolean {
  const splits = strata.map(({ shares, stage }) =>
    JSON.stringify([Object.entries(shares).sort(), rerandomize === 'never' ? 0 : stage]),
  );
  return new Set(splits).size <= 1;
}

/** Anchors for a second stratum, as soon as control's mean is known where it was not at the start; null = not yet, or needless. */
function anchorsToOpen(
  plan: RolloutPlan,
  evidence: RolloutEvidence,
  stage: RolloutStage,
): Record<string, number> | null {
  if (stage.kind !== 'traffic' || evidence.strata.length !== 1) return null;
  const unknown = plan.metrics
    .filter(({ guardrail, anchorKnown }) => guardrail && !anchorKnown)
    .map(({ name }) => name);
  if (unknown.length === 0) return null;
  const found = nextAnchors(evidence.strata, unknown);
  return unknown.every((name) => name in found) ? found : null;
}

function zeroTolerance(plan: RolloutPlan, evidence: RolloutEvidence): string[] {
  return plan.metrics.flatMap(({ name, zeroTolerance: limit }) =>
    plan.candidates.flatMap((candidate) => {
      const events = evidence.confirmedEvents[name]?.[candidate.name] ?? 0;
      if (limit === null || events < limit) return [];
      return [
        `${name}: ${events} confirmed event${events === 1 ? '' : 's'} of ${candidate.name}, and ${limit} stop the rollout`,
      ];
    }),
  );
}

function minutes(ms: number): string {
  return ms < 120_000 ? `${Math.round(ms / 1_000)} s` : `${Math.round(ms / 60_000)} min`;
}
