import type { AgentConfig } from '../../schema/contracts/agent.ts';
import type { Plan } from '../../schema/contracts/plan.ts';
import type { ExperimentSpec } from '../../schema/contracts/spec.ts';
import { durationText } from '../format/duration-text.ts';

/** The spec with every name resolved to a version and every default written out: started again, it is the same plan. */
export function expandSpec(spec: ExperimentSpec, plan: Plan): ExperimentSpec {
  const { dataset, gate } = plan;
  return {
    kind: 'experiment',
    name: spec.name,
    dataset: `${dataset.name}@${dataset.version}${dataset.split === null ? '' : `#${dataset.split}`}`,
    variants: Object.fromEntries(
      plan.variants.map((variant) => [
        variant.name,
        variant.agent ? { agent: variant.agent.name, version: variant.agent.version } : unpinned(variant.config),
      ]),
    ),
    repetitions: plan.repetitions,
    concurrency: plan.concurrency,
    retries: plan.retries,
    evaluators: plan.evaluators.map((evaluator) => evaluator.config),
    ...(gate.name !== null ? { gate: `${gate.name}@${gate.version}` } : gate.policy ? { gate: gate.policy } : {}),
    ...(plan.budget ? { budget: plan.budget } : {}),
    ...(plan.cache
      ? { cache: plan.cache.maxAgeMs === null ? true : { maxAge: durationText(plan.cache.maxAgeMs) } }
      : {}),
    ...(plan.approvals
      ? { approvals: { promote: plan.approvals.promote, ttl: durationText(plan.approvals.ttlMs) } }
      : {}),
    ...(spec.tags ? { tags: spec.tags } : {}),
    ...(spec.git ? { git: spec.git } : {}),
  };
}

/** Without the one key of a planned agent that specs do not have: the dataset's version is named beside it. */
function unpinned(config: AgentConfig): AgentConfig {
  if (config.adapter !== 'openai' || config.prompt?.fewShot === undefined) return config;
  const { versionId: _, ...fewShot } = config.prompt.fewShot;
  return { ...config, prompt: { ...config.prompt, fewShot } };
}
