import { createEvaluator } from '../../evaluators/create-evaluator.ts';
import type { Evaluator, FunctionRegistry, Judged } from '../../schema/contracts/call.ts';
import type { EvaluatorConfig } from '../../schema/contracts/evaluator.ts';
import type { Json } from '../../schema/contracts/json.ts';

type WithoutName<T> = T extends unknown ? Omit<T, 'name'> : never;

/** The evaluator of that config, named `correct`. */
export function evaluatorOf(config: WithoutName<EvaluatorConfig>, functions: FunctionRegistry = {}): Evaluator {
  return createEvaluator({ ...config, name: 'correct' } as EvaluatorConfig, { functions });
}

/** What an evaluator that judges at once says of an output. */
export function judge(evaluator: Evaluator, output: Json, expected?: Json): Judged {
  return evaluator.evaluate({ input: null, output, expected, metadata: {} }) as Judged;
}
