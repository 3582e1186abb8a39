import type { RE2JS } from 're2js';
import type { Evaluator } from '../schema/contracts/call.ts';
import type { EvaluatorConfig } from '../schema/contracts/evaluator.ts';
import type { Json } from '../schema/contracts/json.ts';
import { SluiceError } from '../schema/errors.ts';
import { quoteText } from '../schema/quote-text.ts';
import { compilePattern } from './compile-pattern.ts';
import { expectedOf } from './expected-of.ts';
import { lastMatch } from './last-match.ts';
import { lastNumber } from './last-number.ts';
import { outputReader } from './output-reader.ts';
import { parseNumber } from './parse-number.ts';
import { textOf } from './text-of.ts';

/**
 * 1 when the number in the output equals the one in `expected`, else 0 (DESIGN §8). With `extract` it is the last
 * match of that pattern, in `expected` too where it matches there; without, the last number in the text. JSON
 * numbers are taken as they are. With a `tolerance`, rounding in the last digits of a double does not count.
 */
export function numericMatch(config: EvaluatorConfig & { type: 'numeric_match' }): Evaluator {
  const reader = outputReader(config);
  const tolerance = config.tolerance ?? 0;
  const extract =
    config.extract === undefined
      ? undefined
      : compilePattern(config.extract, { evaluator: config.name, field: 'extract' });
  return {
    name: config.name,
    kind: 'binary',
    evaluate(input) {
      const expected = expectedNumber(config.name, expectedOf(config.name, input), extract);
      const output = reader.read(input.output);
      if (output === undefined) return reader.missing(input.output);
      const found = outputNumber(output, extract);
      if (found === null) {
        return {
          score: 0,
          explanation: `found no number in ${quoteText(textOf(output).slice(-60))}, expected ${expected}`,
        };
      }
      if (found === expected || isWithin(found, expected, tolerance)) return { score: 1 };
      return { score: 0, explanation: `found ${found}, expected ${expected}` };
    },
  };
}

function isWithin(found: number, expected: number, tolerance: number): boolean {
  if (tolerance === 0) return false;
  // 1.1 - 1 is 0.10000000000000009: four units in the last place are no difference anybody declared.
  const rounding = 4 * Number.EPSILON * Math.max(Math.abs(found), Math.abs(expected));
  return Math.abs(found - expected) <= tolerance + rounding;
}

function outputNumber(output: Json, extract: RE2JS | undefined): number | null {
  if (typeof output === 'number') return output;
  const text = textOf(output);
  if (extract === undefined) return lastNumber(text);
  const match = lastMatch(extract, text);
  return match === null ? null : parseNumber(match);
}

function expectedNumber(name: string, expected: Json, extract: RE2JS | undefined): number {
  if (typeof expected === 'number') return expected;
  if (typeof expected === 'string') {
    const match = extract === undefined ? null : lastMatch(extract, expected);
    const number = parseNumber(match ?? expected) ?? (extract === undefined ? lastNumber(expected) : null);
    if (number !== null) return number;
  }
  throw new SluiceError({
    code: 'invalid_input',
    message: `evaluator ${name} cannot judge: found no number in expected ${quoteText(JSON.stringify(expected), 60)}`,
    fix: 'give `expected` as a number, or as a text that holds one where `extract` finds it',
  });
}
