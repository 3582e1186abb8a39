import type { RolloutSpec } from '../../schema/contracts/rollout.ts';
import type { RolloutPlan } from '../../schema/contracts/rollout-plan.ts';
import { durationText } from '../format/duration-text.ts';

/** The spec of a rollout with every default written out. What was frozen of its metrics stands in `frozenLines`. */
export function expandRollout(spec: RolloutSpec, plan: RolloutPlan): RolloutSpec {
  const versions = plan.candidates.map(({ version }) => version);
  const [only] = versions;
  return {
    kind: spec.kind,
    name: spec.name,
    agent: plan.agent.name,
    ...(spec.candidates === undefined && only !== undefined ? { candidate: only } : { candidates: versions }),
    strategy: plan.strategy,
    unit: plan.unit,
    stages: plan.stages.map((stage) =>
      stage.kind === 'shadow'
        ? { shadow: stage.shadow, minSamples: stage.minSamples, maxDuration: durationText(stage.maxDurationMs) }
        : {
            traffic: stage.share,
            minDuration: durationText(stage.minDurationMs),
            minSamples: stage.minSamples,
            maxDuration: durationText(stage.maxDurationMs),
            ...(stage.requireClear ? { require: 'clear' as const } : {}),
          },
    ),
    metrics: spec.metrics ?? plan.metrics.map(({ name }) => ({ metric: name, guardrail: true })),
    ...(plan.evaluators.length === 0
      ? {}
      : { evaluators: plan.evaluators.map(({ name, version, sample }) => ({ use: `${name}@${version}`, sample })) }),
    harmAlpha: plan.harmAlpha,
    cadence: durationText(plan.cadenceMs),
    onHarm: plan.onHarm,
    onTimeout: plan.onTimeout,
    onNoData: plan.onNoData,
    srmGrace: durationText(plan.srmGraceMs),
    rerandomize: plan.rerandomize,
    sessions: plan.sessions,
    ...(plan.conditions.length === 0 ? {} : { conditions: plan.conditions }),
    ...(Object.keys(plan.force).length === 0 ? {} : { force: plan.force }),
    ...(plan.watch === null ? {} : { watch: durationText(plan.watch.durationMs), holdback: plan.watch.holdback }),
    approvals: {
      stages: plan.approvals.stages,
      promote: plan.approvals.promote,
      ttl: durationText(plan.approvals.ttlMs),
      ...(plan.approvals.escalateTo === null ? {} : { escalateTo: plan.approvals.escalateTo }),
    },
    ...(plan.requires === null ? {} : { requires: { experiment: 'passed' } }),
    ...(plan.budget === null ? {} : { budget: plan.budget }),
    ...(spec.traffic === undefined ? {} : { traffic: spec.traffic }),
    ...(spec.tags === undefined ? {} : { tags: spec.tags }),
  };
}

/** What was frozen before the first unit, a line for each metric, and what it was compared with. */
export function frozenLines(plan: RolloutPlan): string[] {
  return [
    `control: version ${plan.controlVersion} of ${plan.agent.name}, which was in production`,
    ...(plan.requires === null ? [] : [`required experiment: ${plan.requires.experimentRunId}`]),
    ...plan.metrics.map(({ name, thresholdMs, range, anchor, anchorKnown, margin }) => {
      const scale = thresholdMs === null ? `${range[0]} to ${range[1]}` : `above ${thresholdMs} ms`;
      const known = anchorKnown ? `anchor ${anchor}` : `anchor ${anchor}, until the first units tell`;
      return `${name}: ${scale}, ${known}${margin === null ? '' : `, margin ${margin}`}`;
    }),
  ];
}
