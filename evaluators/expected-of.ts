import type { EvaluatorInput } from '../schema/contracts/call.ts';
import type { Json } from '../schema/contracts/json.ts';
import { SluiceError } from '../schema/errors.ts';

/**
 * What the example expects.
 * @throws SluiceError invalid_input when it expects nothing: without that the output cannot be judged.
 */
export function expectedOf(name: string, input: EvaluatorInput): Json {
  if (input.expected !== undefined) return input.expected;
  throw new SluiceError({
    code: 'invalid_input',
    message: `evaluator ${name} cannot judge: the example has no expected value`,
    fix: 'push the dataset with an `expected` for each example, or use an evaluator that needs none',
  });
}
