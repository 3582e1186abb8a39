import { durationMs } from '../../../schema/contracts/duration.ts';
import type { RolloutMetric, RolloutSpec } from '../../../schema/contracts/rollout.ts';
import type { RolloutPlan, RolloutPlanMetric, RolloutStage } from '../../../schema/contracts/rollout-plan.ts';
import { SluiceError } from '../../../schema/errors.ts';
import { findAgentVersion } from '../../../store/agents/find-agent-version.ts';
import { findEvaluatorVersion } from '../../../store/evaluators/find-evaluator-version.ts';
import { findPassedExperiment } from '../../../store/rollouts/find-passed-experiment.ts';
import { type ControlMeasurements, measureControl } from '../../../store/rollouts/measure-control.ts';
import type { SignedContext } from '../../context.ts';
import { planMetric } from './plan-metric.ts';

const defaultStages: RolloutSpec['stages'] = [{ traffic: 0.05 }, { traffic: 0.25 }, { traffic: 0.5 }];
const defaultMetrics: RolloutMetric[] = [
  { metric: 'errorRate', guardrail: true },
  { metric: 'latencyMs', guardrail: true },
  { metric: 'costUsd', guardrail: true },
];

/** The guardrails of a rollout that names none: those that control has values of. @throws {SluiceError} when nothing is known of it */
function defaultGuardrails(measured: ControlMeasurements, control: string): RolloutMetric[] {
  const known = defaultMetrics.filter(({ metric }) => measured[metric] !== undefined);
  if (known.length > 0) return known;
  throw new SluiceError({
    code: 'invalid_input',
    message: `metrics: none are listed, and the default guardrails (errorRate, latencyMs above control's p95, costUsd) need to know ${control}: it has fewer than 200 calls of the last 30 days, and no experiment is required`,
    fix: 'Require an experiment: `requires: { experiment: passed }`; or list the metrics, with caps: `metrics: [{ metric: errorRate, guardrail: true }, { metric: latencyMs, guardrail: true, cap: 5000 }]`.',
  });
}

/**
 * Resolves a rollout's names to versions, writes every default out, and freezes caps, thresholds and anchors before the first unit.
 * @throws {SluiceError} not_found or invalid_input, naming the place in the spec
 */
export async function resolveRolloutPlan(
  ctx: SignedContext,
  { spec, runId }: { spec: RolloutSpec; runId: string },
): Promise<RolloutPlan> {
  const { db } = ctx;
  const { projectId } = ctx.principal;
  const control = await findAgentVersion(db, { projectId, name: spec.agent, version: 'production' });
  const versions = spec.candidates ?? [spec.candidate as number];
  const candidates: RolloutPlan['candidates'] = [];
  for (const version of versions) {
    const found = await findAgentVersion(db, { projectId, name: spec.agent, version });
    if (found.version === control.version) {
      throw new SluiceError({
        code: 'invalid_input',
        message: `candidate: version ${version} of agent ${spec.agent} is the production version already`,
        fix: 'Name the version that is to replace it; `sluice agent list` shows them.',
      });
    }
    candidates.push({ name: versions.length === 1 ? 'candidate' : `v${version}`, version: found.version });
  }
  const strategy = spec.kind === 'ab_test' ? 'ab_test' : (spec.strategy ?? 'canary');
  const stages = (spec.stages ?? (strategy === 'ab_test' ? [{ traffic: 0.5 }] : defaultStages) ?? []).map(planStage);
  checkShares(stages, candidates.length);
  const shadowed = stages.some(({ kind }) => kind === 'shadow');
  if (shadowed) await checkShadow(ctx, spec.agent, candidates);
  const requires =
    spec.requires === undefined ? null : await requirePassed(ctx, spec.agent, candidates, control.version);
  const measured = await measureControl(db, { agentId: control.agentId, version: control.version, requires });
  const metrics: RolloutPlanMetric[] = (
    spec.metrics ?? defaultGuardrails(measured, `version ${control.version} of agent ${spec.agent}`)
  ).map((metric, index) =>
    planMetric(metric, {
      path: `metrics[${index}]`,
      measured,
      evaluators: spec.evaluators ?? [],
    }),
  );
  checkClear(stages, metrics);
  const cadenceMs = checkCadence(durationMs(spec.cadence ?? '15s'));
  const evaluators: RolloutPlan['evaluators'] = [];
  for (const { use, sample } of spec.evaluators ?? []) {
    const [name = '', version] = use.split('@', 2);
    const found = await findEvaluatorVersion(db, {
      projectId,
      name,
      version: version === undefined ? 'latest' : Number(version),
    });
    evaluators.push({ name, versionId: found.versionId, version: found.version, sample: sample ?? 1 });
  }
  return {
    kind: 'rollout',
    strategy,
    agent: { id: control.agentId, name: spec.agent },
    controlVersion: control.version,
    candidates,
    unit: spec.unit ?? 'session',
    seed: runId,
    hashVersion: 2,
    rerandomize: spec.rerandomize ?? 'never',
    stages,
    metrics,
    evaluators,
    harmAlpha: spec.harmAlpha ?? 0.05,
    cadenceMs,
    onHarm: spec.onHarm ?? 'roll_back',
    onTimeout: spec.onTimeout ?? 'roll_back',
    onNoData: spec.onNoData ?? (spec.onTimeout === 'hold' ? 'hold' : 'roll_back'),
    srmGraceMs: durationMs(spec.srmGrace ?? '1h'),
    sessions: spec.sessions ?? 'kill',
    conditions: spec.conditions ?? [],
    force: spec.force ?? {},
    watch: spec.watch === undefined ? null : { durationMs: durationMs(spec.watch), holdback: spec.holdback ?? 0.02 },
    approvals: {
      stages: spec.approvals?.stages ?? {},
      promote: spec.approvals?.promote ?? 1,
      ttlMs: durationMs(spec.approvals?.ttl ?? '24h'),
      escalateTo: spec.approvals?.escalateTo ?? null,
    },
    requires,
    budget: spec.budget ?? null,
  };
}

function planStage(stage: NonNullable<RolloutSpec['stages']>[number]): RolloutStage {
  const maxDurationMs = durationMs(stage.maxDuration ?? '7d');
  const minSamples = stage.minSamples ?? 200;
  if ('shadow' in stage) return { kind: 'shadow', shadow: stage.shadow, minSamples, maxDurationMs };
  return {
    kind: 'traffic',
    share: stage.traffic,
    minDurationMs: durationMs(stage.minDuration ?? '30m'),
    minSamples,
    maxDurationMs,
    requireClear: stage.require === 'clear',
  };
}

function checkShares(stages: RolloutStage[], candidates: number): void {
  for (const [index, stage] of stages.entries()) {
    if (stage.kind !== 'traffic' || stage.share * candidates < 1) continue;
    throw new SluiceError({
      code: 'invalid_input',
      message: `stages[${index}].traffic: ${candidates} candidates with ${stage.share} each leave control nothing`,
      fix: `Give each less than ${(1 / candidates).toFixed(2)}: control must answer some units, or nothing can be compared.`,
    });
  }
}

/** What cannot be shown is not asked for. */
function checkClear(stages: RolloutStage[], metrics: RolloutPlanMetric[]): void {
  const index = stages.findIndex((stage) => stage.kind === 'traffic' && stage.requireClear);
  const without = metrics.find(({ guardrail, margin }) => guardrail && margin === null);
  if (index === -1 || without === undefined) return;
  throw new SluiceError({
    code: 'invalid_input',
    message: `stages[${index}].require: the guardrail ${without.name} has no margin, so that it can never be shown to be clear`,
    fix: "Say which loss counts as none: `margin` in the metric's own unit, or `marginRelative`.",
  });
}

function checkCadence(cadenceMs: number): number {
  if (cadenceMs >= 100) return cadenceMs;
  throw new SluiceError({
    code: 'invalid_input',
    message: `cadence: found ${cadenceMs} ms, expected at least 100 ms`,
    fix: 'The default is 15s.',
  });
}

async function checkShadow(ctx: SignedContext, agent: string, candidates: RolloutPlan['candidates']): Promise<void> {
  for (const { version } of candidates) {
    const { config } = await findAgentVersion(ctx.db, { projectId: ctx.principal.projectId, name: agent, version });
    if (config.sideEffects === true && config.shadowSafe !== true) {
      throw new SluiceError({
        code: 'invalid_input',
        message: `stages: version ${version} of agent ${agent} has side effects, so a shadow stage would have them twice`,
        fix: 'Declare `shadowSafe: true` in the agent when it honours `context.shadow`, or leave the shadow stage out.',
      });
    }
  }
}

async function requirePassed(
  ctx: SignedContext,
  agent: string,
  candidates: RolloutPlan['candidates'],
  control: number,
): Promise<{ experimentRunId: string }> {
  const { projectId } = ctx.principal;
  let experimentRunId = '';
  for (const { version } of candidates) {
    const passed = await findPassedExperiment(ctx.db, { projectId, agent, candidate: version, control });
    if (passed === null) {
      throw new SluiceError({
        code: 'conflict',
        message: `requires: no experiment has passed that compared version ${version} of agent ${agent} with version ${control}`,
        fix: 'Run one first: `sluice run start FILE --watch` with `control: { agent, version: production }` and the candidate.',
      });
    }
    experimentRunId = passed;
  }
  return { experimentRunId };
}
