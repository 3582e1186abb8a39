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

/** Of the input tokens, those that the endpoint had cached, as OpenAI writes it; 0 when it does not say. */
export function readCachedTokens(usage: unknown): number {
  const details = (usage as { prompt_tokens_details?: { cached_tokens?: unknown } | null } | null | undefined)
    ?.prompt_tokens_details;
  const cached = details?.cached_tokens;
  return isCount(cached) ? cached : 0;
}

export function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
