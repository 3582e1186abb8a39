import { parseInput } from './parse-input.ts';
import { type RolloutSpec, rolloutSpecSchema } from './rollout.ts';

/** True when a spec asks for a rollout: `kind: rollout` or its alias `ab_test`. */
export function isRolloutSpec(spec: unknown): boolean {
  const kind = (spec as { kind?: unknown } | null)?.kind;
  return kind === 'rollout' || kind === 'ab_test';
}

/** Reads a rollout spec. @param what What is read, for messages, e.g. `canary.yaml`. */
export function parseRollout(input: unknown, what: string): RolloutSpec {
  return parseInput(rolloutSpecSchema, input, what);
}
