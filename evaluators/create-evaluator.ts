import type { Evaluator } from '../schema/contracts/call.ts';
import type { EvaluatorConfig } from '../schema/contracts/evaluator.ts';
import { calledEvaluator } from './called-evaluator.ts';
import { convergence } from './convergence.ts';
import { createCodeEvaluator } from './create-code-evaluator.ts';
import type { EvaluatorDependencies } from './evaluator-dependencies.ts';
import { functionEvaluator } from './function-evaluator.ts';
import { llmJudge } from './llm-judge.ts';
import { pairwise } from './pairwise.ts';
import { trajectory } from './trajectory.ts';

/**
 * The judge a config describes. Patterns, schemas and prompts are compiled here, once; judging many outputs is cheap.
 * Where `path` leads nowhere in an output, text and value judges say 0: a wrong shape is the agent's doing. Judges that
 * call something do so through `callAgent`; a call that fails is a missing score, thrown as `NoJudgement` with what it
 * cost.
 * @throws SluiceError invalid_input for a pattern, path or JSON Schema that cannot work, naming evaluator and place.
 */
export function createEvaluator(config: EvaluatorConfig, dependencies: EvaluatorDependencies): Evaluator {
  switch (config.type) {
    case 'function':
      return functionEvaluator(config, dependencies);
    case 'llm_judge':
      return llmJudge(config, dependencies);
    case 'pairwise':
      return pairwise(config, dependencies);
    case 'trajectory':
      return trajectory(config);
    case 'convergence':
      return convergence(config);
    case 'http':
    case 'exec':
      return calledEvaluator(config, dependencies);
    default:
      return createCodeEvaluator(config);
  }
}
