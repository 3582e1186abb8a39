import type { Step } from '../schema/contracts/call.ts';
import type { Json } from '../schema/contracts/json.ts';
import { whyNotStorable } from '../schema/why-not-storable.ts';
import { isCount, readUsage } from './read-usage.ts';

/** Steps kept of an answer; of further ones their number. */
const maxSteps = 1_000;
/** Kept of all steps together, as JSON. */
const maxCharacters = 262_144;
const maxNameLength = 200;

/**
 * The steps of an answer as far as they can be read: what is no step as we know it counts as one without detail. At
 * most 1,000 steps of together 256 KB are kept; the last one kept says how many are `omitted`.
 */
export function readSteps(told: readonly unknown[]): Step[] {
  const steps: Step[] = [];
  let left = maxCharacters;
  for (const one of told) {
    const step = readStep(one);
    left -= JSON.stringify(step).length;
    if (steps.length > 0 && (left < 0 || steps.length === maxSteps)) break;
    steps.push(left < 0 ? {} : step);
  }
  const last = steps.at(-1);
  if (last !== undefined && steps.length < told.length) last.omitted = told.length - steps.length;
  return steps;
}

function readStep(told: unknown): Step {
  if (typeof told !== 'object' || told === null || whyNotStorable(told) !== null) return {};
  const { agent, tool, output, latencyMs, usage, ...rest } = told as Record<string, unknown>;
  const step: Step = {};
  if (isName(agent)) step.agent = agent;
  const called = readTool(tool);
  if (called !== undefined) step.tool = called;
  if (output !== undefined) step.output = output as Json;
  Object.assign(step, readUsage(usage), readUsage(rest));
  if (isCount(latencyMs)) step.latencyMs = latencyMs;
  return step;
}

/** `{name, arguments?, result?, error?}`, or the name alone. Arguments may be JSON text, as models write them. */
function readTool(tool: unknown): Step['tool'] {
  if (isName(tool)) return { name: tool };
  if (typeof tool !== 'object' || tool === null) return undefined;
  const { name, arguments: given, result, error } = tool as Record<string, unknown>;
  if (!isName(name)) return undefined;
  return {
    name,
    ...(given === undefined ? {} : { arguments: readArguments(given) }),
    ...(result === undefined ? {} : { result: result as Json }),
    ...(error === undefined || error === null
      ? {}
      : { error: typeof error === 'string' ? error : JSON.stringify(error) }),
  };
}

function readArguments(given: unknown): Json {
  if (typeof given !== 'string') return given as Json;
  try {
    return JSON.parse(given);
  } catch {
    return given;
  }
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= maxNameLength;
}
