import type { TokenPrices } from '../schema/contracts/agent.ts';
import type { AgentUsage } from '../schema/contracts/call.ts';

/**
 * The usage with what it cost, when prices are given and both counts of tokens are known; otherwise as reported.
 * @param cachedTokens Of the input, those that the endpoint had cached.
 * Rounded to 1e-10 USD, so that sums of prices show no binary noise.
 */
export function withTokenCost(
  usage: AgentUsage | undefined,
  prices: TokenPrices | undefined,
  cachedTokens = 0,
): AgentUsage | undefined {
  if (prices === undefined || usage?.inputTokens === undefined || usage.outputTokens === undefined) return usage;
  const cached = Math.min(cachedTokens, usage.inputTokens);
  const { inputPerMillionUsd, cachedInputPerMillionUsd = inputPerMillionUsd, outputPerMillionUsd } = prices;
  const micro =
    (usage.inputTokens - cached) * inputPerMillionUsd +
    cached * cachedInputPerMillionUsd +
    usage.outputTokens * outputPerMillionUsd;
  return { ...usage, costUsd: Math.round(micro * 1e4) / 1e10 };
}
