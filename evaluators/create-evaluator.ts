import type { Evaluator } from '../schema/contracts/call.ts';
import type { EvaluatorConfig } from '../schema/contracts/evaluator.ts';
import { contains } from './contains.ts';
import type { EvaluatorDependencies } from './evaluator-dependencies.ts';
import { exactMatch } from './exact-match.ts';
import { functionEvaluator } from './function-evaluator.ts';
import { jsonMatch } from './json-match.ts';
import { numericMatch } from './numeric-match.ts';
import { regex } from './regex.ts';

/**
 * The judge a config describes. Patterns and schemas are compiled here, once; judging many outputs is cheap.
 * Where `path` leads nowhere in an output, text and value judges say 0: a wrong shape is the agent's doing.
 * @throws SluiceError invalid_input for a pattern, path or JSON Schema that cannot work, naming evaluator and place.
 */
export function createEvaluator(config: EvaluatorConfig, dependencies: EvaluatorDependencies): Evaluator {
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
    case 'function':
      return functionEvaluator(config, dependencies);
    default:
      throw new Error(`evaluator type ${config.type} is being built`);
  }
}
