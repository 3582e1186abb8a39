import type { Evaluator } from '../schema/contracts/call.ts';
import type { EvaluatorConfig } from '../schema/contracts/evaluator.ts';
import type { Json } from '../schema/contracts/json.ts';
import { SluiceError } from '../schema/errors.ts';
import { quoteText } from '../schema/quote-text.ts';
import { expectedOf } from './expected-of.ts';
import { outputReader } from './output-reader.ts';
import { textOf } from './text-of.ts';

/** 1 when the text of the output contains `value`, or `expected` where no value is given; else 0. */
export function contains(config: EvaluatorConfig & { type: 'contains' }): Evaluator {
  const reader = outputReader(config);
  const fold = (text: string) => (config.ignoreCase ? text.toLowerCase() : text);
  const fixed = config.value === undefined ? undefined : fold(needleOf(config.name, 'value', config.value));
  return {
    name: config.name,
    kind: 'binary',
    evaluate(input) {
      const needle = fixed ?? fold(needleOf(config.name, 'expected', expectedOf(config.name, input)).trim());
      const found = reader.read(input.output);
      if (found === undefined) return reader.missing(input.output);
      const text = textOf(found);
      if (fold(text).includes(needle)) return { score: 1 };
      return { score: 0, explanation: `${quoteText(needle, 60)} not found in ${quoteText(text, 60)}` };
    },
  };
}

/** @throws SluiceError invalid_input for what every output, or none, would contain. */
function needleOf(name: string, field: string, value: Json): string {
  const isText = typeof value === 'string' && value.trim() !== '';
  if (isText) return value;
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  throw new SluiceError({
    code: 'invalid_input',
    message: `evaluator ${name} cannot judge: found ${field} ${quoteText(JSON.stringify(value), 60)}, expected a text to look for`,
    fix: 'give a text that is not empty; to compare lists and objects use json_match',
  });
}
