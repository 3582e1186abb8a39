import type { EvaluatorConfig } from '../../../schema/contracts/evaluator.ts';
import type { GatePolicy } from '../../../schema/contracts/gate.ts';
import { SluiceError } from '../../../schema/errors.ts';

/** Evaluators that may ask a model, or a person's opinion in other clothes; all others follow rules. */
const judging: ReadonlySet<EvaluatorConfig['type']> = new Set(['llm_judge', 'pairwise', 'http', 'exec', 'function']);

/**
 * Refuses a criterion that asks how far a rule agrees with people: nobody labels what is computed, so it could never
 * pass. @throws {SluiceError} invalid_input
 */
export function checkTrust(policy: GatePolicy | null, evaluators: readonly EvaluatorConfig[]): void {
  for (const [index, { metric, trust }] of (policy?.criteria ?? []).entries()) {
    if (trust === undefined) continue;
    const config = evaluators.find(({ name }) => name === metric);
    if (config !== undefined && judging.has(config.type)) continue;
    const found = config === undefined ? 'built in' : `of a ${config.type} evaluator, which is code`;
    throw new SluiceError({
      code: 'invalid_input',
      message: `gate.criteria[${index}].trust: the metric "${metric}" is ${found}: there is no judge whose agreement with people could be measured`,
      fix: 'Leave `trust` away here, or judge by an llm_judge. A `trust` of the whole policy is asked of its LLM judges only.',
    });
  }
}
