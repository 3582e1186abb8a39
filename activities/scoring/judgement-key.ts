import canonicalize from 'canonicalize';
import type { EvaluatorInput } from '../../schema/contracts/call.ts';
import { annotatorKindOf, type EvaluatorConfig } from '../../schema/contracts/evaluator.ts';
import { sha256 } from '../../schema/ids.ts';

/**
 * Names a judgement by all that goes into it: the judge (whatever it is called) and what it sees. Null for judges whose
 * judgements are not kept: code, and models with `cache: false`.
 */
export function judgementKey(config: EvaluatorConfig, input: EvaluatorInput): string | null {
  if (annotatorKindOf(config) !== 'LLM' || ('cache' in config && config.cache === false)) return null;
  const { name: _name, ...judge } = config;
  const { input: asked, output, expected, metadata, steps, control } = input;
  return sha256(canonicalize({ judge, asked, output, expected, metadata, steps, control: control?.output }) ?? '');
}
