import type { Evaluator } from '../schema/contracts/call.ts';
import type { EvaluatorConfig } from '../schema/contracts/evaluator.ts';
import type { Json } from '../schema/contracts/json.ts';
import { quoteText } from '../schema/quote-text.ts';
import { expectedOf } from './expected-of.ts';
import { jsonEqual } from './json-equal.ts';
import { outputReader } from './output-reader.ts';
import { textOf } from './text-of.ts';

/**
 * 1 when the output equals `expected`, else 0. Texts are compared without surrounding blanks, and with `ignoreCase`
 * in lower case; a text and a number or boolean as texts (`"42"` equals `42`); lists and objects as JSON, whatever
 * the order of keys.
 */
export function exactMatch(config: EvaluatorConfig & { type: 'exact_match' }): Evaluator {
  const reader = outputReader(config);
  const fold = (value: Json): Json => {
    if (typeof value !== 'string') return value;
    return config.ignoreCase ? value.trim().toLowerCase() : value.trim();
  };
  return {
    name: config.name,
    kind: 'binary',
    evaluate(input) {
      const expected = expectedOf(config.name, input);
      const found = reader.read(input.output);
      if (found === undefined) return reader.missing(input.output);
      if (equal(fold(found), fold(expected), fold)) return { score: 1 };
      return {
        score: 0,
        explanation: `found ${quoteText(textOf(found), 60)}, expected ${quoteText(textOf(expected), 60)}`,
      };
    },
  };
}

function equal(found: Json, expected: Json, fold: (value: Json) => Json): boolean {
  if (jsonEqual(found, expected)) return true;
  const mixed = typeof found === 'string' ? isScalar(expected) : typeof expected === 'string' && isScalar(found);
  return mixed && fold(String(found)) === fold(String(expected));
}

function isScalar(value: Json): boolean {
  return typeof value === 'number' || typeof value === 'boolean';
}
