import type { Evaluator } from '../schema/contracts/call.ts';
import type { EvaluatorConfig } from '../schema/contracts/evaluator.ts';
import { contains } from './contains.ts';
import { exactMatch } from './exact-match.ts';
import { jsonMatch } from './json-match.ts';
import { numericMatch } from './numeric-match.ts';
import { regex } from './regex.ts';

/** Judges of an output alone, that ask nobody and answer at once. */
export type CodeEvaluatorConfig = Extract<
  EvaluatorConfig,
  { type: 'exact_match' | 'contains' | 'regex' | 'numeric_match' | 'json_match' }
>;

/** The code judge a config describes. @throws SluiceError invalid_input */
export function createCodeEvaluator(config: CodeEvaluatorConfig): Evaluator {
  switch (config.type) {
    case 'exact_match':
      return exactMatch(config);
    case 'contains':
      return contains(config);
    case 'regex':
      return regex(config);
    case 'numeric_match':
      return numericMatch(config);
    case 'json_match':
      return jsonMatch(config);
  }
}
