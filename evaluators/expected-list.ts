import type { EvaluatorInput } from '../schema/contracts/call.ts';
import type { Json } from '../schema/contracts/json.ts';
import { SluiceError } from '../schema/errors.ts';
import { describeMissing, type JsonPath, parseJsonPath, readJsonPath } from '../schema/json-path.ts';
import { quoteText } from '../schema/quote-text.ts';

/**
 * Reads the list that an example expects, at `expectedPath` (default `expected`) of `{expected, metadata}`; or the one
 * that the config holds.
 * @returns what reads it; that throws SluiceError invalid_input when there is no list: a missing score.
 */
export function expectedList(config: {
  name: string;
  expected?: Json[] | undefined;
  expectedPath?: string | undefined;
}): (input: EvaluatorInput) => Json[] {
  const { name, expected } = config;
  if (expected !== undefined) return () => expected;
  const path: JsonPath = parseJsonPath(config.expectedPath ?? 'expected');
  return (input) => {
    const example = { ...(input.expected === undefined ? {} : { expected: input.expected }), metadata: input.metadata };
    const found = readJsonPath(example, path);
    if (Array.isArray(found)) return found;
    const what = found === undefined ? describeMissing(example, path) : quoteText(JSON.stringify(found), 60);
    throw new SluiceError({
      code: 'invalid_input',
      message: `evaluator ${name} cannot judge: found ${what}, expected a list (expectedPath)`,
      fix: 'give the list in each example, or write `expected` into the evaluator',
    });
  };
}
