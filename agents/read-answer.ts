import type { AgentUsage } from '../schema/contracts/call.ts';
import type { Json } from '../schema/contracts/json.ts';
import { describeMissing, type JsonPath, readJsonPath } from '../schema/json-path.ts';
import { whyNotStorable } from '../schema/why-not-storable.ts';
import { isCount, readUsage } from './read-usage.ts';

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
  const used = readUsage(usage);
  if (used !== undefined) read.usage = used;
  if (isModelName(model)) read.model = model;
  return read;
}

/** Whether it may be stored as the name of the model that answered. */
export function isModelName(model: unknown): model is string {
  return typeof model === 'string' && whyNotStorable(model) === null && model.length <= maxModelLength;
}
