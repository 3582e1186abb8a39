import type { AgentUsage } from '../schema/contracts/call.ts';

export interface TokenPrices {
  inputPerMillionUsd: number;
  outputPerMillionUsd: number;
}

/**
 * The usage with what it cost, when prices are given and both counts of tokens are known; otherwise as reported.
 * Rounded to 1e-10 USD, so that sums of prices show no binary noise.
 */
export function withTokenCost(usage: AgentUsage | undefined, prices: TokenPrices | undefined): AgentUsage | undefined {
  if (prices === undefined || usage?.inputTokens === undefined || usage.outputTokens === undefined) return usage;
  const micro = usage.inputTokens * prices.inputPerMillionUsd + usage.outputTokens * prices.outputPerMillionUsd;
  return { ...usage, costUsd: Math.round(micro * 1e4) / 1e10 };
}
