import type { AgentUsage } from '../schema/contracts/call.ts';

/** Tokens and cost, as Sluice, OpenAI or Anthropic write them; undefined when it holds none. */
export function readUsage(value: unknown): AgentUsage | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const usage = value as Record<string, unknown>;
  const inputTokens = usage.inputTokens ?? usage.input_tokens ?? usage.prompt_tokens;
  const outputTokens = usage.outputTokens ?? usage.output_tokens ?? usage.completion_tokens;
  const costUsd = usage.costUsd ?? usage.cost_usd;
  const read: AgentUsage = {};
  if (isCount(inputTokens)) read.inputTokens = inputTokens;
  if (isCount(outputTokens)) read.outputTokens = outputTokens;
  if (isCount(costUsd)) read.costUsd = costUsd;
  return read.inputTokens === undefined && read.outputTokens === undefined && read.costUsd === undefined
    ? undefined
    : read;
}

export function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
