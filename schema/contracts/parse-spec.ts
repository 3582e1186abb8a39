import { type ErrorDetail, SluiceError } from '../errors.ts';
import { plannedAdapters } from './agent.ts';
import { inputError, parseInput } from './parse-input.ts';
import { type ExperimentSpec, experimentSpecSchema, plannedSpecKeys } from './spec.ts';

/**
 * Reads an experiment spec. What the design has and this version has not is refused by name, never ignored.
 * @param what What is read, for messages, e.g. `experiment.yaml`.
 */
export function parseSpec(input: unknown, what: string): ExperimentSpec {
  if (input === null || typeof input !== 'object' || Array.isArray(input)) {
    throw new SluiceError({
      code: 'invalid_input',
      message: `${what}: expected an experiment (kind, name, dataset, variants, …), found ${JSON.stringify(input)?.slice(0, 80) ?? 'nothing'}`,
      fix: 'See examples/ for a spec to start from.',
    });
  }
  const planned = notBuiltYet(input as Record<string, unknown>);
  if (planned.length > 0) throw inputError(what, planned);
  return parseInput(experimentSpecSchema, input, what);
}

function notBuiltYet(spec: Record<string, unknown>): ErrorDetail[] {
  const details: ErrorDetail[] = [];
  const not = (path: string, thing: string) =>
    details.push({ path, message: `${thing} is not built yet in this version` });
  if (['rollout', 'ab_test', 'monitor', 'improvement'].includes(spec.kind as string)) {
    not('kind', `a run of kind ${spec.kind}`);
    return details;
  }
  for (const [key, thing] of Object.entries(plannedSpecKeys)) if (key in spec) not(key, thing);
  for (const [name, variant] of Object.entries((spec.variants as Record<string, { adapter?: string }>) ?? {})) {
    if (plannedAdapters.includes(variant?.adapter ?? ''))
      not(`variants.${name}.adapter`, `the adapter "${variant.adapter}"`);
  }
  return details;
}
