import type { Plan, PlannedVariant } from '../../schema/contracts/plan.ts';
import { shortJson } from '../format/short-json.ts';
import { configChanges } from '../report/config-changes.ts';

/** One thing that is otherwise in a later plan. */
export interface PlanChange {
  readonly path: string;
  readonly before: string | undefined;
  readonly after: string | undefined;
}

const longest = 120;

/** What a plan has otherwise than an earlier one: data, agents with their configuration, and how it is run and judged. */
export function planChanges(before: Plan, after: Plan): PlanChange[] {
  const changes: PlanChange[] = [];
  const note = (path: string, old: string | undefined, now: string | undefined) => {
    if (old !== now) changes.push({ path, before: old, after: now });
  };
  note('dataset', datasetOf(before), datasetOf(after));
  for (const variant of after.variants) {
    const earlier = before.variants.find(({ name }) => name === variant.name);
    if (!earlier) continue;
    note(`variants.${variant.name}`, agentOf(earlier), agentOf(variant));
    for (const { path, ...rest } of configChanges(earlier, variant)) {
      changes.push({ path: `variants.${variant.name}.${path}`, ...rest });
    }
  }
  const [gateBefore, gateAfter] = [gateOf(before), gateOf(after)];
  note('gate', gateBefore, gateAfter);
  const judges = (plan: Plan) => plan.evaluators.map(({ config, version }) => `${config.name}@${version}`).join(', ');
  note('evaluators', judges(before), judges(after));
  for (const key of ['repetitions', 'concurrency', 'retries', 'budget', 'cache', 'approvals', 'limit'] as const) {
    note(key, text(before[key]), text(after[key]));
  }
  return changes;
}

function datasetOf({ dataset: { name, version, split } }: Plan): string {
  return `${name}@${version}${split === null ? '' : `#${split}`}`;
}

function agentOf({ agent, config }: PlannedVariant): string {
  return agent ? `${agent.name}@${agent.version}` : `declared in the spec (${config.adapter})`;
}

function gateOf({ gate }: Plan): string | undefined {
  if (gate.name !== null) return `${gate.name}@${gate.version}`;
  return gate.policy === null ? undefined : shortJson(gate.policy as never, longest);
}

function text(value: unknown): string | undefined {
  return value === null || value === undefined ? undefined : shortJson(value as never, longest);
}
