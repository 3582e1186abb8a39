import type { AgentUsage } from '../schema/contracts/call.ts';
import type { Json } from '../schema/contracts/json.ts';
import { describeMissing, type JsonPath, readJsonPath } from '../schema/json-path.ts';
import { whyNotStorable } from '../schema/why-not-storable.ts';

export interface ReadAnswer {
  output: Json;
  steps?: number;
  usage?: AgentUsage;
  model?: string;
}

const maxModelLength = 200;

/**
 * Takes an answer apart: the output at `outputPath`, and `steps` (a number, or a list whose length counts), `usage`
 * and `model` where they are what they should be; otherwise these are left out, since answers mapped by
 * `outputPath` use the names for other things. Usage is also read as OpenAI and Anthropic write it.
 * @returns the parts, or what is wrong with it.
 */
export function readAnswer(answer: unknown, outputPath: JsonPath): ReadAnswer | { problem: string } {
  const output = readJsonPath(answer, outputPath);
  if (output === undefined) return { problem: describeMissing(answer, outputPath) };
  const why = whyNotStorable(output);
  if (why !== null) return { problem: `its output cannot be stored: ${why}` };
  const read: ReadAnswer = { output };
  if (typeof answer !== 'object' || answer === null) return read;
  const { steps, usage, model } = answer as Record<string, unknown>;
  if (Array.isArray(steps)) read.steps = steps.length;
  else if (isCount(steps)) read.steps = steps;
  if (typeof usage === 'object' && usage !== null) {
    const used = readUsage(usage as Record<string, unknown>);
    if (used !== undefined) read.usage = used;
  }
  if (typeof model === 'string' && whyNotStorable(model) === null && model.length <= maxModelLength) read.model = model;
  return read;
}

function readUsage(usage: Record<string, unknown>): AgentUsage | undefined {
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

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}
