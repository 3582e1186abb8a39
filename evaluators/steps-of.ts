import type { EvaluatorInput, Step } from '../schema/contracts/call.ts';
import { SluiceError } from '../schema/errors.ts';

/**
 * The steps to the answer, one by one.
 * @throws SluiceError invalid_input when the agent did not tell them: without them they cannot be judged.
 */
export function stepsOf(name: string, { steps }: EvaluatorInput): Step[] {
  if (steps !== undefined) return steps;
  throw new SluiceError({
    code: 'invalid_input',
    message: `evaluator ${name} cannot judge: the agent did not tell its steps one by one; it must answer \`steps\` as a list, e.g. {"output": …, "steps": [{"agent": "planner", "tool": {"name": "search", "arguments": {}}, "output": "…"}]}`,
    fix: 'let the agent answer `steps` as a list of objects with `agent`, `tool` and `output` where it has them',
  });
}
