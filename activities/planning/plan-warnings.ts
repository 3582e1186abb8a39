import canonicalize from 'canonicalize';
import type { AgentConfig } from '../../schema/contracts/agent.ts';
import type { Plan } from '../../schema/contracts/plan.ts';
import type { PlanMeasurement } from '../../schema/contracts/plan-preview.ts';

/** Below this many examples intervals are wide whatever is measured. */
const fewExamples = 30;
/** Below this many clusters nothing is decided (gates/comparison.ts). */
const fewestClusters = 6;

/** What should be known before a run is started: too little data, answers that fail, judges that say nothing. */
export function planWarnings(plan: Plan, measured: Omit<PlanMeasurement, 'warnings'>): string[] {
  const { examples, clusters, withExpected, sample, calls, estimatedCostUsd } = measured;
  const warnings: string[] = [];
  if (examples === 0) return ['no example is in the plan: nothing would run'];
  if (examples < fewExamples) warnings.push(`only ${examples} examples: small effects will stay undecided`);
  if (clusters !== null && clusters < fewestClusters) {
    warnings.push(`the examples make ${clusters} clusters: fewer than ${fewestClusters} cannot decide anything`);
  }
  const comparing = plan.evaluators.filter(({ config }) => ['exact_match', 'numeric_match'].includes(config.type));
  if (comparing.length > 0 && withExpected < examples) {
    const names = comparing.map(({ config }) => config.name).join(', ');
    warnings.push(`${examples - withExpected} of ${examples} examples have no expected value for ${names}`);
  }
  if (plan.evaluators.length === 0) {
    warnings.push('no evaluator judges the outputs: only errors, latency and cost are compared');
  }
  const control = plan.variants.find(({ name }) => name === 'control');
  for (const { name, config } of plan.variants) {
    if (name !== 'control' && control && canonicalize(config) === canonicalize(control.config)) {
      warnings.push(`${name} is configured as control is: only chance can tell them apart`);
    }
  }
  for (const { config } of plan.evaluators) {
    if (config.type !== 'llm_judge' && config.type !== 'pairwise') continue;
    if (config.prices === undefined) {
      const { host } = new URL(config.baseUrl);
      warnings.push(`the price of ${config.model} at ${host} is not known: what ${config.name} costs will be unknown`);
    }
    const own = plan.variants.filter((variant) => isModelOf(variant.config, config.model)).map(({ name }) => name);
    if (own.length > 0) {
      warnings.push(
        `${config.name} judges with ${config.model}, which is also the model of ${own.join(', ')}: models prefer answers of their own; use another one as the judge`,
      );
    }
  }
  for (const { variant, calls: made, failed, skipped } of sample) {
    if (skipped !== null) warnings.push(`${variant} was not called: ${skipped}`);
    else if (failed > 0) {
      const first = calls.find((call) => call.variant === variant && call.error !== null);
      warnings.push(`${failed} of ${made} sample calls of ${variant} failed: ${first?.error}`);
    }
  }
  const answered = calls.filter(({ error }) => error === null);
  for (const { config } of plan.evaluators) {
    // Compares answers with those of control; a sample has each on its own.
    if (config.type === 'pairwise') continue;
    const scores = answered.map((call) => call.scores[config.name]);
    if (scores.length === 0) continue;
    if (scores.every((score) => score === null || score === undefined)) {
      warnings.push(`${config.name} could judge none of the ${scores.length} sample answers`);
    } else if (scores.every((score) => score === 0)) {
      warnings.push(`${config.name} is 0 for all ${scores.length} sample answers: does it look in the right place?`);
    }
  }
  if (plan.budget && estimatedCostUsd !== null && estimatedCostUsd > plan.budget.maxCostUsd) {
    warnings.push(
      `the estimated cost of $${estimatedCostUsd.toFixed(2)} is above the budget of $${plan.budget.maxCostUsd}: the rest would not run`,
    );
  }
  return warnings;
}

function isModelOf(agent: AgentConfig, model: string): boolean {
  return agent.adapter === 'openai' && agent.model.trim().toLowerCase() === model.trim().toLowerCase();
}
