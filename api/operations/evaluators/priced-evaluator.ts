import type { EvaluatorConfig } from '../../../schema/contracts/evaluator.ts';
import type { SignedContext } from '../../context.ts';

/**
 * An evaluator with the price that its calls will be counted at, as runs are planned: later changes of price lists change
 * no run. The stored version stays as it was pushed.
 */
export function pricedEvaluator(ctx: SignedContext, config: EvaluatorConfig): EvaluatorConfig {
  if ((config.type !== 'llm_judge' && config.type !== 'pairwise') || config.prices !== undefined) return config;
  const { baseUrl, model } = config;
  const prices = ctx.priceOf({ adapter: 'openai', baseUrl, model });
  return prices === null ? config : { ...config, prices };
}
