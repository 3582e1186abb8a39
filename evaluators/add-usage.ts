import type { AgentUsage } from '../schema/contracts/call.ts';

/** What several calls used together; undefined when none of them said. */
export function addUsage(all: readonly (AgentUsage | undefined)[]): AgentUsage | undefined {
  const sum: AgentUsage = {};
  for (const usage of all) {
    for (const key of ['inputTokens', 'outputTokens', 'costUsd'] as const) {
      const amount = usage?.[key];
      if (amount !== undefined) sum[key] = (sum[key] ?? 0) + amount;
    }
  }
  return Object.keys(sum).length === 0 ? undefined : sum;
}
