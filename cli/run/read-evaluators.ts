import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { typedIn } from '../../config/invocation.ts';
import {
  type EvaluatorConfig,
  type EvaluatorReference,
  evaluatorConfigSchema,
  evaluatorReferenceSchema,
} from '../../schema/contracts/evaluator.ts';
import { parseInput } from '../../schema/contracts/parse-input.ts';
import { readDocuments } from '../files/read-documents.ts';

/**
 * The evaluators that `--evaluator` means: those of a YAML or JSON file (documents, a list, or `evaluators:` as in a spec), else
 * a stored one, `name[@version]`.
 * @throws {SluiceError} with place, what was found and what was expected
 */
export function readEvaluators(named: string): (EvaluatorConfig | EvaluatorReference)[] {
  if (!/\.(ya?ml|json)$/i.test(named) && !existsSync(resolve(typedIn(), named))) {
    return [parseInput(evaluatorReferenceSchema, { use: named }, '--evaluator')];
  }
  const list = readDocuments(named).flatMap((one) => (Array.isArray(one) ? one : evaluatorsIn(one)));
  return list.map((one, index) => {
    const what = list.length === 1 ? named : `${named} evaluators[${index}]`;
    const isReference = typeof one === 'object' && one !== null && 'use' in one;
    return isReference ? parseInput(evaluatorReferenceSchema, one, what) : parseInput(evaluatorConfigSchema, one, what);
  });
}

function evaluatorsIn(document: unknown): unknown[] {
  const { evaluators } = (document ?? {}) as { evaluators?: unknown };
  if (Array.isArray(evaluators)) return evaluators;
  // A file for `evaluator push` names the evaluator with a key of its own.
  const { evaluator, ...config } = (document ?? {}) as { evaluator?: unknown };
  return [evaluator === undefined ? document : { ...config, name: evaluator }];
}
