import type { Evaluator } from '../schema/contracts/call.ts';
import type { EvaluatorConfig } from '../schema/contracts/evaluator.ts';
import { quoteText } from '../schema/quote-text.ts';
import { compilePattern } from './compile-pattern.ts';
import { outputReader } from './output-reader.ts';
import { textOf } from './text-of.ts';

/** 1 when `pattern` (RE2 syntax) is found anywhere in the text of the output, else 0. */
export function regex(config: EvaluatorConfig & { type: 'regex' }): Evaluator {
  const reader = outputReader(config);
  const pattern = compilePattern(config.pattern, {
    evaluator: config.name,
    field: 'pattern',
    ignoreCase: config.ignoreCase ?? false,
  });
  return {
    name: config.name,
    kind: 'binary',
    evaluate({ output }) {
      const found = reader.read(output);
      if (found === undefined) return reader.missing(output);
      const text = textOf(found);
      if (pattern.test(text)) return { score: 1 };
      return { score: 0, explanation: `pattern not found in ${quoteText(text, 60)}` };
    },
  };
}
