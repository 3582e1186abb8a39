import type { EvaluatorInput, Judged, Step } from '../schema/contracts/call.ts';
import type { EvaluatorConfig } from '../schema/contracts/evaluator.ts';
import { expectedList } from './expected-list.ts';

/**
 * 1 when the agents took over from each other as expected, else 0. Steps of one agent in a row are one turn; steps that
 * name no agent belong to the turn before.
 */
export function checkHandoffs(
  config: EvaluatorConfig & { type: 'trajectory'; check: 'handoffs' },
): (steps: Step[], input: EvaluatorInput) => Judged {
  const expectedOf = expectedList(config);
  return (steps, input) => {
    const expected = expectedOf(input).map(String);
    const found: string[] = [];
    for (const { agent } of steps) if (agent !== undefined && agent !== found.at(-1)) found.push(agent);
    if (found.length === expected.length && found.every((agent, index) => agent === expected[index]))
      return { score: 1 };
    return { score: 0, explanation: `found ${chain(found)}, expected ${chain(expected)}` };
  };
}

function chain(agents: string[]): string {
  if (agents.length === 0) return 'no agent named in any step';
  return agents.join(' > ').slice(0, 400);
}
