import { type ErrorDetail, SluiceError } from '../errors.ts';
import { inputError, parseInput } from './parse-input.ts';
import { type ExperimentSpec, experimentSpecSchema } from './spec.ts';

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

/** Kinds of the design that this version does not have yet: refused by name. */
const plannedKinds = ['monitor', 'improvement'];

function notBuiltYet(spec: Record<string, unknown>): ErrorDetail[] {
  if (!plannedKinds.includes(spec.kind as string)) return [];
  return [{ path: 'kind', message: `a run of kind ${spec.kind} is not built yet in this version` }];
}
